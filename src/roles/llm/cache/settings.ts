// What the model proxy is told of its cache of answers.

import * as z from 'zod';
import { addressText } from '../../../kit/address.ts';
import { apis } from '../../../policy/llm-api.ts';
import { embeddingSchema } from './embedding/settings.ts';

const count = z.int().positive();
const share = z.number().min(0).max(1);

const redisStoreSchema = z.strictObject({
  kind: z.literal('redis'),
  /** `tcp:HOST:PORT` or `unix:PATH`; null: the one that budgets are shared over, `redis`. */
  address: addressText.nullable().default(null),
  /** Secret's name; null: none is asked for, or that of `redis`. */
  password: z.string().min(1).nullable().default(null),
  prefix: z.string().min(1).max(64).default('clincher-cache'),
  /** One question to Redis; after it the request goes on without the cache. */
  timeoutMs: z.int().min(1).max(10_000).default(50),
});

const cacheSchema = z.strictObject({
  /** `exact`: the same request; `semantic`: also one whose last text means the same. */
  mode: z.enum(['exact', 'semantic']),
  /** The models whose answers are kept; null: all. */
  models: z.array(z.string().min(1)).nullable().default(null),
  /** The APIs whose answers are kept; null: all. */
  apis: z.array(z.enum(apis)).nullable().default(null),
  /** Only for requests that ask for it: LiteLLM's `mode: default_off`. */
  optIn: z.boolean().default(false),
  ttlMs: count.default(3_600_000),
  /** What a request may ask for at most. */
  ttlMsMax: count.default(7 * 24 * 3_600_000),
  /**
   * Who sees whose answers: those of the same caller, key and session, or wider. In `session` what
   * a request says of its user counts too.
   */
  share: z.enum(['session', 'key', 'caller', 'everyone']).default('session'),
  /** Turns that carry tool results, and answers that call tools: how far they are cached. */
  tools: z.enum(['never', 'exact', 'semantic']).default('never'),
  semantic: z
    .strictObject({
      /** `verified`: within the bound, by what was learned. `fixed`: whatever is as similar. */
      policy: z.enum(['verified', 'fixed']).default('verified'),
      /** Of all requests that the cache looks at, the share that may get a wrong answer from it. */
      errorMax: z.number().gt(0).max(0.5).default(0.01),
      /** For `fixed`. */
      threshold: share.default(0.95),
      /** For `fixed`: whether what differs in a number, a name or the like is told apart first. */
      guard: z.boolean().default(true),
      /** A longer text is compared as a whole only. */
      textBytesMax: count.default(2_048),
      /** Of the answers given for something similar, the share that is checked with the model. */
      checkShare: share.default(0.02),
      /** Says whether two answers mean the same where they are not equal; null: nobody does. */
      judge: z
        .strictObject({ model: z.string().min(1) })
        .nullable()
        .default(null),
    })
    .prefault({}),
  embedding: embeddingSchema,
  store: z
    .discriminatedUnion('kind', [z.strictObject({ kind: z.literal('embedded') }), redisStoreSchema])
    .default({ kind: 'embedded' }),
  limits: z
    .strictObject({
      entriesMax: count.default(100_000),
      /** Of the answers, in memory and in the file. */
      bytesMax: count.default(256 * 1024 * 1024),
      answerBytesMax: count.default(1024 * 1024),
      /** How long a request waits for the same one that is being answered. */
      waitMs: count.default(60_000),
      /** Checks and judgements at the same time; more are left out. */
      checksMax: count.default(8),
    })
    .prefault({}),
  /** Where it is declared, for messages. */
  at: z.string().default(''),
});

export const cacheRules = {
  /** Null: no answers are kept. */
  cache: cacheSchema.nullable().default(null),
};

export type CacheSettings = z.infer<typeof cacheSchema>;
