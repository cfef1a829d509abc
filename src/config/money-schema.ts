// What of the user's file is about money: prices, budgets, limits, strict, with the sentences that
// editors and docs show.

import * as z from 'zod';
import { budgetWindows } from '../roles/llm/settings.ts';
import {
  domainText,
  durationText,
  modelText,
  nameText,
  portNumber,
  secretReference,
  usdNumber,
} from './fields.ts';

const scopeShape = {
  key: nameText.optional().describe('For this virtual key alone; `each` for each by itself.'),
  model: modelText.optional().describe('For this model alone; `each` for each by itself.'),
  provider: nameText.optional().describe('For this provider alone; `each` for each by itself.'),
  session: z
    .literal('each')
    .optional()
    .describe('`each`: for each session of the agent by itself.'),
};

const whenGone = z
  .union([z.literal('refuse'), z.number().gt(0).lt(1)])
  .optional()
  .describe('While the Redis of several instances is gone: `refuse`, or a share to go on with.');

export const budgetSchema = z.strictObject({
  whenGone,
  usd: usdNumber.describe('US dollars that may be spent in each window; a hard limit.'),
  per: z
    .enum(budgetWindows)
    .optional()
    .describe('The window, in UTC: when it ends, spending starts again from 0.'),
  rolling: durationText
    .optional()
    .describe('Instead of `per`: no stretch of this length may hold more, such as `5h` or `7d`.'),
  ...scopeShape,
});

export const limitSchema = z.strictObject({
  whenGone,
  rpm: z.int().nonnegative().optional().describe('Requests in any minute.'),
  tpm: z.int().nonnegative().optional().describe('Tokens in any minute, in and out.'),
  parallel: z.int().nonnegative().optional().describe('Calls at the same time.'),
  ...scopeShape,
});

export const budgetsMax = 256;

export const keySchema = z.strictObject({
  service: nameText
    .optional()
    .describe('The service that may use it: gateway, or one of your own with an edge to llm.'),
  key: secretReference
    .optional()
    .describe('Where its value is: `env:NAME`, `file:PATH` or `store:NAME`. The agent has one.'),
  models: z
    .array(modelText)
    .min(1)
    .max(256)
    .optional()
    .describe('The models it may ask for; every one when left out.'),
});

export const guardsSchema = z.strictObject({
  secrets: z
    .enum(['mask', 'refuse', 'off'])
    .optional()
    .describe(
      'Secrets of the stack found in a prompt: `mask` writes over them, `refuse` stops it.',
    ),
  providerTools: z
    .enum(['allow', 'refuse'])
    .optional()
    .describe(
      "The provider's own searches, page fetches and code, which do not pass egress; `refuse` when " +
        'left out.',
    ),
  loops: z
    .strictObject({
      repeats: z.int().min(0).max(10_000).optional().describe('So many of the same; 0 for never.'),
      within: durationText.optional().describe('In such a time, `10m` when left out.'),
      action: z.enum(['refuse', 'alarm']).optional().describe('`alarm` when left out.'),
    })
    .optional()
    .describe('The same request, or the same tool calls with the same results, again and again.'),
  heartbeats: z
    .strictObject({
      model: modelText.optional().describe('The model that turns begun by the clock get instead.'),
      marks: z
        .array(z.string().min(8).max(512))
        .min(1)
        .max(16)
        .optional()
        .describe("Texts by which such a turn is told; OpenClaw's when left out."),
    })
    .optional()
    .describe('Turns that nobody asked for.'),
  budgetShare: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('The share of a budget at which an alarm is raised; 0.8 when left out.'),
});

export const alarmsSchema = z.strictObject({
  host: domainText.describe('Where they are posted: egress lets llm through to it, over TLS.'),
  port: portNumber.optional().describe('443 when left out.'),
  webhook: secretReference.describe(
    'Where the whole address is, a URL at that host: `env:NAME`, `file:PATH` or `store:NAME`.',
  ),
});

const usdPerMillion = usdNumber.describe('US dollars per million tokens; three decimals at most.');

const usdPerThousand = usdNumber.describe(
  'US dollars per thousand uses of this tool at the provider; six decimals at most.',
);

export const priceSchema = z
  .strictObject({
    input: usdPerMillion,
    output: usdPerMillion,
    cacheRead: usdPerMillion.optional(),
    cacheWrite: usdPerMillion.optional(),
    cacheWrite1h: usdPerMillion.optional(),
    webSearch: usdPerThousand.optional(),
    fileSearch: usdPerThousand.optional(),
    codeExecution: usdPerThousand.optional(),
    useTokens: z
      .int()
      .min(1)
      .max(100_000_000)
      .optional()
      .describe(
        "Most tokens that one use of the provider's tools brings along; when left out, as many as " +
          'the model takes.',
      ),
  })
  .describe('Takes the place of the built-in price list.');

export type PriceSection = z.infer<typeof priceSchema>;
