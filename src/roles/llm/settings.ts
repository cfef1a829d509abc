// What the model proxy is told: providers and where their keys are, model names, virtual keys, the
// budget.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';

const count = z.int().positive();
/** Nano-dollars per token: an integer, so that money never meets floating point. */
const nanoUsdPerToken = z.int().nonnegative();

export const dialects = ['anthropic', 'openai'] as const;
export const budgetWindows = ['hour', 'day', 'week', 'month', 'total'] as const;

export const priceSchema = z.strictObject({
  inputNanoUsd: nanoUsdPerToken,
  outputNanoUsd: nanoUsdPerToken,
  cacheReadNanoUsd: nanoUsdPerToken.optional(),
  cacheWriteNanoUsd: nanoUsdPerToken.optional(),
});

export const llmRules = z.strictObject({
  providers: z.array(
    z.strictObject({
      name: z.string().min(1),
      dialect: z.enum(dialects),
      /** `https://api.anthropic.com`: scheme and host, with the path that goes before `/v1`. */
      baseUrl: z.url({ protocol: /^https?$/ }),
      /**
       * Secret's name; null where the provider takes none. No file of that name: the key is
       * missing, and said so.
       */
      key: z.string().nullable(),
      /** The reference the user wrote, for that message: `env:ANTHROPIC_API_KEY`. */
      keyHint: z.string(),
    }),
  ),
  models: z.array(
    z.strictObject({
      /** The name clients ask for. */
      name: z.string().min(1),
      deployments: z
        .array(
          z.strictObject({
            provider: z.string().min(1),
            model: z.string().min(1),
            /**
             * Overrides the price list. Without either, calls are refused: what has no price has
             * no bound.
             */
            price: priceSchema.nullable().default(null),
            outputTokensMax: count.default(8_192),
          }),
        )
        .min(1),
    }),
  ),
  /** Virtual keys: worth nothing outside the stack. `secret` names the secret with its value. */
  keys: z.array(
    z.strictObject({
      name: z.string().min(1),
      secret: z.string().min(1),
      caller: z.string().min(1),
    }),
  ),
  budget: z.strictObject({
    limitNanoUsd: z.int().nonnegative(),
    window: z.enum(budgetWindows),
    at: z.string().default(''),
  }),
  limits: z
    .strictObject({
      bodyBytesMax: count.default(limits.bodyBytesMax),
      headerBytesMax: count.default(limits.headerBytesMax),
      requestsMax: count.default(256),
      /** Of all bodies held at once: what stops a few large ones from filling the memory. */
      bodiesBytesMax: count.default(128 * 1024 * 1024),
      dialTimeoutMs: count.default(limits.dialTimeoutMs),
      /** The ledger's file; when it is full nothing more may be spent. */
      ledgerBytesMax: count.default(1024 * 1024 * 1024),
      firstByteTimeoutMs: count.default(120_000),
      idleTimeoutMs: count.default(limits.idleTimeoutMs),
    })
    .prefault({}),
});

export const llmSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  ...llmRules.shape,
  /**
   * How each provider is dialled, by its name: through the egress proxy, or straight to a
   * service's socket.
   */
  dial: z.record(
    z.string(),
    z.union([z.strictObject({ egress: addressText }), z.strictObject({ direct: addressText })]),
  ),
  /** Extra CA certificates (PEM files) for providers of the user's own, by provider name. */
  caFiles: z.record(z.string(), z.string()).default({}),
  /** Folder with one file per secret. */
  secretsDir: z.string(),
  /** Folder for the ledger. */
  stateDir: z.string(),
});

export type LlmRules = z.infer<typeof llmRules>;
export type LlmSettings = z.infer<typeof llmSettings>;
export type Price = z.infer<typeof priceSchema>;
