// What the model proxy is told of the way to a model: providers, the names clients ask for, the
// deployments behind each, and what is done when one of them fails.

import * as z from 'zod';
import { apis } from '../../../policy/llm-api.ts';
import { strategies } from '../../../policy/llm-choose.ts';
import { failureClasses } from '../../../policy/llm-failure.ts';
import { priceSchema } from '../money/settings.ts';

const count = z.int().positive();
const name = z.string().min(1);

export const dialects = ['anthropic', 'openai'] as const;

/** Each has a file in ../providers that knows its paths, its headers and its quirks. */
export const providerKinds = [
  'anthropic',
  'openai',
  'gemini',
  'mistral',
  'groq',
  'xai',
  'deepseek',
  'openrouter',
  'together',
  'fireworks',
  'cerebras',
  'azure-openai',
  'voyage',
  'cohere',
  'bedrock',
  'vertex',
  'openai-compatible',
  'anthropic-compatible',
  'ollama',
] as const;

const retries = z.int().min(0).max(10);
/** A timed out call may have been billed, so it is not made twice unless somebody says so. */
export const defaultRetries = {
  'rate-limit': 2,
  'server-error': 2,
  unreachable: 2,
  auth: 1,
  quota: 1,
};

export const providerSchema = z.strictObject({
  name,
  dialect: z.enum(dialects),
  /** Null: whatever speaks the dialect as its makers do. */
  kind: z.enum(providerKinds).nullable().default(null),
  /** `https://api.anthropic.com`: scheme and host, with the path that goes before `/v1`. */
  baseUrl: z.url({ protocol: /^https?$/ }),
  /**
   * Secret's name; null where the provider takes none. No file of that name: the key is missing,
   * and said so.
   */
  key: z.string().nullable(),
  /** The reference the user wrote, for that message: `env:ANTHROPIC_API_KEY`. */
  keyHint: z.string(),
  options: z
    .strictObject({
      /** Azure OpenAI: with one, the older address by deployment is used. */
      apiVersion: z.string().nullable().default(null),
      organization: z.string().nullable().default(null),
      /** Bedrock and Vertex. */
      region: z.string().nullable().default(null),
      /** Vertex. */
      project: z.string().nullable().default(null),
      /** Overrides which APIs it speaks; the first is what others are translated into. */
      apis: z.array(z.enum(apis)).min(1).nullable().default(null),
    })
    .prefault({}),
  /** Connections kept open to it, idle ones included. */
  connectionsMax: count.max(10_000).default(4_096),
});

const deadlines = {
  /** Of one attempt, to the end of its answer; null: idle and first byte bounds alone. */
  attemptMs: count.nullable().default(null),
  /** To the first byte of an answer's body; null: `limits.firstByteTimeoutMs`. */
  firstByteMs: count.nullable().default(null),
};

export const deploymentSchema = z.strictObject({
  /** Its name in records, metrics and headers; PROVIDER/MODEL when left out. */
  id: name.max(200).optional(),
  provider: name,
  /** The provider's name for the model. */
  model: name,
  /** Overrides the price list. Without either, calls are refused: no price, no bound. */
  price: priceSchema.nullable().default(null),
  /** Whose entry of that list counts; null: the provider's at its address, under its own name. */
  listed: z.strictObject({ baseUrl: z.url(), model: name }).nullable().default(null),
  outputTokensMax: count.default(8_192),
  /**
   * The most input it takes; null: as the price list says. It bounds what a request brings in that
   * its bytes do not tell: documents, an earlier response.
   */
  inputTokensMax: count.nullable().default(null),
  /** Its share under `simple-shuffle`. */
  weight: z.number().nonnegative().max(1_000_000).default(1),
  /** Lower ones are tried first; equal ones by the strategy. */
  order: z.int().min(0).max(1_000).default(0),
  /** Calls and tokens a minute that this deployment takes, and calls at the same time. */
  rpm: count.nullable().default(null),
  tpm: count.nullable().default(null),
  parallelMax: count.nullable().default(null),
  /** Sent along with each call, besides the provider's own. */
  headers: z.record(z.string(), z.string()).default({}),
  ...deadlines,
});

export const modelSchema = z.strictObject({
  /** The name clients ask for. */
  name,
  /** Other names for the same. */
  aliases: z.array(name).default([]),
  deployments: z.array(deploymentSchema).min(1),
  strategy: z.enum(strategies).default('simple-shuffle'),
  /** Further attempts after a failure of each class, within the model's own deployments. */
  retries: z.partialRecord(z.enum(failureClasses), retries).default(defaultRetries),
  /**
   * Whether a call that may have been billed is made again; each time its worst case is counted.
   */
  retryBilled: z.boolean().default(false),
  /** Names of other models, tried in order when this one has failed. */
  fallbacks: z
    .strictObject({
      general: z.array(name).default([]),
      contextWindow: z.array(name).default([]),
      contentPolicy: z.array(name).default([]),
    })
    .prefault({}),
  cooldown: z
    .strictObject({
      /** Failures within a minute that take a deployment out; 0: none ever does. */
      failuresMax: z.int().min(0).default(3),
      /** For how long, unless the provider says with Retry-After. */
      ms: count.default(5_000),
    })
    .prefault({}),
  /** Whole request, retries and fallbacks included; null: none beyond those of each attempt. */
  totalMs: count.nullable().default(null),
  ...deadlines,
  /** Whether cache breakpoints are put into requests of Anthropic's API that have none. */
  promptCache: z.enum(['auto', 'off']).default('auto'),
});

export const routingRules = {
  providers: z.array(providerSchema),
  models: z.array(modelSchema),
  routing: z
    .strictObject({
      /** Fallbacks a request may take, of all kinds together. */
      fallbacksMax: z.int().min(0).max(32).default(5),
      /** For a model that names none of its own. */
      defaultFallbacks: z.array(name).default([]),
      /** The longest wait for a retry, whatever Retry-After says; above it the next is tried. */
      retryWaitMsMax: z.int().min(0).max(600_000).default(10_000),
      /** The first wait where the provider names none; doubled for each further one. */
      retryWaitMs: z.int().min(0).max(60_000).default(250),
      /** Conversations and responses whose deployment is remembered, and for how long. */
      affinityEntriesMax: z.int().min(0).max(1_000_000).default(10_000),
      affinityMs: count.default(3_600_000),
    })
    .prefault({}),
};

export type ProviderSettings = z.infer<typeof providerSchema>;
export type DeploymentSettings = z.infer<typeof deploymentSchema>;
export type ModelSettings = z.infer<typeof modelSchema>;
export type ProviderKind = (typeof providerKinds)[number];
