// What the model proxy is told: providers and where their keys are, model names, virtual keys, the
// budget.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';
import { alarmRules } from './alarms/settings.ts';
import { cacheRules } from './cache/settings.ts';
import { guardRules } from './guards/settings.ts';
import { moneyRules } from './money/settings.ts';
import { routingRules } from './routing/settings.ts';
import { sharedRules } from './shared/settings.ts';

export { webhookDial } from './alarms/settings.ts';
export { budgetWindows, type Price, priceSchema } from './money/settings.ts';
export { dialects } from './routing/settings.ts';
export { redisDial } from './shared/settings.ts';

const count = z.int().positive();

export const llmRules = z.strictObject({
  ...routingRules,
  ...moneyRules,
  ...guardRules,
  ...alarmRules,
  ...sharedRules,
  /** Whether answers tell what they cost, and their key what it has spent, as LiteLLM's do. */
  litellmHeaders: z.boolean().default(false),
  /** Whether the metrics are there under LiteLLM's names, too. */
  litellmMetrics: z.boolean().default(false),
  ...cacheRules,
  limits: z
    .strictObject({
      bodyBytesMax: count.default(limits.bodyBytesMax),
      headerBytesMax: count.default(limits.headerBytesMax),
      requestsMax: count.default(4_096),
      /** Of all bodies held at once: what stops a few large ones from filling the memory. */
      bodiesBytesMax: count.default(128 * 1024 * 1024),
      dialTimeoutMs: count.default(limits.dialTimeoutMs),
      /** An idle connection to a provider is closed after this; below what providers do. */
      keepAliveMs: count.default(30_000),
      /** The ledger's file; when it is full nothing more may be spent. */
      ledgerBytesMax: count.default(1024 * 1024 * 1024),
      firstByteTimeoutMs: count.default(120_000),
      idleTimeoutMs: count.default(limits.idleTimeoutMs),
      /** A stream that its provider bills to the end anyway is read on for so long. */
      lingerMs: count.default(60_000),
    })
    .prefault({}),
});

export const llmSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  ...llmRules.shape,
  /**
   * How each provider is dialled, by its name, and the alarms' webhook as `alarms.webhook`:
   * through the egress proxy, or straight to a service's socket.
   */
  dial: z.record(
    z.string(),
    z.union([z.strictObject({ egress: addressText }), z.strictObject({ direct: addressText })]),
  ),
  /** Extra CA certificates (PEM files) for providers of the user's own, by provider name. */
  caFiles: z.record(z.string(), z.string()).default({}),
  /** Callers whose listener answers GET /metrics too; the admin sockets always do. */
  metricsFor: z.array(z.string().min(1)).default([]),
  /** Folder with one file per secret. */
  secretsDir: z.string(),
  /** Folder for the ledger. */
  stateDir: z.string(),
});

export type LlmRules = z.infer<typeof llmRules>;
export type LlmSettings = z.infer<typeof llmSettings>;
