// What several model proxies that share their budgets are told of the Redis between them.

import * as z from 'zod';

const redisSchema = z.strictObject({
  /** `redis://HOST:PORT`, or `rediss://` over TLS; how it is dialled stands under `dial`. */
  url: z.string().regex(/^rediss?:\/\/[\w.-]+(?::[0-9]{1,5})?$/),
  /** Secret's name; null: none is asked for. */
  password: z.string().min(1).nullable().default(null),
  prefix: z.string().min(1).max(64).default('clincher'),
  /** This one among those that share: its own, and the same after every restart. */
  instance: z.string().regex(/^[\w.-]{1,64}$/),
  /** How many share. Until all have said what they spent, nothing more may be. */
  instances: z.int().min(1).max(64),
  /** Of one question to Redis; after it Redis counts as gone for a second. */
  timeoutMs: z.int().min(1).max(10_000).default(100),
  /**
   * `refuse`: nothing that costs, while Redis is gone. A number: this share of every budget is
   * kept back for then, and each instance may spend its equal part of it.
   */
  whenGone: z.union([z.literal('refuse'), z.number().gt(0).lt(1)]).default('refuse'),
});

/** Under which name Redis stands among those that are dialled. */
export const redisDial = 'redis.shared';

export const sharedRules = {
  /** Null: this is the only one, and its ledger is all there is to know. */
  redis: redisSchema.nullable().default(null),
};

export type RedisSettings = z.infer<typeof redisSchema>;
