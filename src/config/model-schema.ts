// The sections `models` and `routing`, strict, with the sentence that editors and docs show for
// each key.

import * as z from 'zod';
import { apis } from '../policy/llm-api.ts';
import { strategies } from '../policy/llm-choose.ts';
import { failureClasses } from '../policy/llm-failure.ts';
import { modelText, nameText } from './fields.ts';
import { priceSchema } from './money-schema.ts';

const seconds = z.number().positive().max(86_400);
const tokens = z.int().positive().max(10_000_000);
const perMinute = z.int().positive().max(1_000_000_000);

const timeouts = {
  firstByteSeconds: seconds
    .optional()
    .describe('To the first byte of an answer; 120 when left out.'),
  attemptSeconds: seconds.optional().describe('Of one attempt, to the end of its answer.'),
};

export const deploymentSchema = z.strictObject({
  provider: nameText.describe('A name from `providers`.'),
  model: modelText.describe("The provider's name for the model."),
  id: modelText
    .optional()
    .describe('Its name in records and headers; `PROVIDER/MODEL` when left out.'),
  price: priceSchema.optional(),
  priceAs: z
    .string()
    .regex(/^[a-z0-9-]{1,40}\/[!-~]{1,128}$/, {
      error: 'must be PROVIDER/MODEL of the price list, for example openai/gpt-5.5',
    })
    .optional()
    .describe(
      'The list price that counts, as `openai/gpt-5.5`: for a gateway in front of that provider, ' +
        'or a deployment that was given another name.',
    ),
  outputTokensMax: tokens
    .optional()
    .describe('The longest answer; a budget reserves its price before each call.'),
  inputTokensMax: tokens
    .optional()
    .describe('The most input it takes, where the price list does not know.'),
  weight: z
    .number()
    .nonnegative()
    .max(1_000_000)
    .optional()
    .describe('Its share of the calls under `simple-shuffle`; 1 when left out.'),
  order: z
    .int()
    .min(0)
    .max(1_000)
    .optional()
    .describe('Lower ones are tried first; in a plain list, its place in it.'),
  requestsPerMinute: perMinute.optional().describe('The most calls a minute that it takes.'),
  tokensPerMinute: perMinute.optional().describe('The most tokens a minute that it takes.'),
  parallel: perMinute.optional().describe('The most calls at the same time that it takes.'),
  ...timeouts,
});

const failures: Readonly<Record<(typeof failureClasses)[number], string>> = {
  timeout: 'No answer in time; it may have been billed.',
  unreachable: 'No connection, or it was lost.',
  'rate-limit': 'Too many calls or tokens for the provider; 2 when left out.',
  'server-error': 'A fault or overload of the provider; 2 when left out.',
  auth: 'Our key is not good there; another deployment may have another; 1.',
  quota: 'Our account there has no money left; 1.',
  'not-found': 'The provider does not know the model.',
  'context-window': 'The prompt is too long for it.',
  'content-policy': "The provider's policy refuses.",
  'bad-request': 'The provider finds the request wrong.',
};

/** `anthropic/claude-sonnet-5`: provider, slash, model. */
export const deploymentText = z.string().regex(/^[a-z0-9-]{1,40}\/[!-~]{1,128}$/, {
  error: 'must be PROVIDER/MODEL, for example anthropic/claude-sonnet-5',
});

/** Deployments of one model. */
export const deploymentsMax = 32;

const deploymentList = z
  .array(z.union([deploymentText, deploymentSchema]))
  .min(1)
  .max(deploymentsMax);
const modelNames = z.array(modelText).min(1).max(32);

export const fallbacksSchema = z
  .union([
    modelNames,
    z.strictObject({
      general: modelNames.optional().describe('For every kind of failure.'),
      contextWindow: modelNames.optional().describe('Where the prompt is too long for it.'),
      contentPolicy: modelNames.optional().describe("Where the provider's policy refuses."),
    }),
  ])
  .describe('Other models, tried in order when every deployment of this one has failed.');

/** A model with more to say than its deployments. */
export const groupSchema = z.strictObject({
  deployments: deploymentList.describe('Where it can be asked; the strategy chooses.'),
  aliases: modelNames.optional().describe('Other names for the same model.'),
  strategy: z
    .enum(strategies)
    .optional()
    .describe('How a deployment is chosen; `simple-shuffle`, by weight, when left out.'),
  retries: z
    .strictObject(
      Object.fromEntries(
        failureClasses.map((name) => [
          name,
          z.int().min(0).max(10).optional().describe(failures[name]),
        ]),
      ) as Record<(typeof failureClasses)[number], z.ZodOptional<z.ZodInt>>,
    )
    .optional()
    .describe('Further attempts after a failure of each kind, at this model.'),
  retryBilled: z
    .boolean()
    .optional()
    .describe('Whether a call that may have been billed is made again; each time it is counted.'),
  fallbacks: fallbacksSchema.optional(),
  cooldown: z
    .strictObject({
      failures: z
        .int()
        .min(0)
        .max(1_000)
        .optional()
        .describe('In a minute, after which a deployment is left alone; 3, and 0 for never.'),
      seconds: seconds.optional().describe('For how long, unless the provider says; 5.'),
    })
    .optional()
    .describe('When a deployment that fails is left alone.'),
  totalSeconds: seconds.optional().describe('Of a whole request, retries and fallbacks included.'),
  ...timeouts,
  promptCache: z
    .enum(['auto', 'off'])
    .optional()
    .describe(
      "`auto`, also when left out: cache breakpoints are put into Anthropic's requests that have " +
        'none, where they pay.',
    ),
});

export const modelSchema = z
  .union([deploymentText, deploymentSchema, deploymentList, groupSchema])
  .describe(
    '`PROVIDER/MODEL`; a list of them, tried in order; or a map with `deployments` and how one ' +
      'of them is chosen.',
  );

export const routingSchema = z.strictObject({
  fallbacks: modelNames
    .optional()
    .describe('Models tried after any model that names no fallbacks of its own.'),
  fallbacksMax: z.int().min(0).max(32).optional().describe('Fallbacks of one request; 5.'),
  retryWaitSecondsMax: seconds
    .optional()
    .describe('The longest wait for a retry, whatever the provider asks for; 10.'),
});

export const providerApiNames = z.enum(apis);

export type DeploymentSection = z.infer<typeof deploymentSchema>;
export type GroupSection = z.infer<typeof groupSchema>;
