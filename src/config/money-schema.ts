// What of the user's file is about money: prices, budgets, limits, strict, with the sentences that
// editors and docs show.

import * as z from 'zod';
import { budgetWindows } from '../roles/llm/settings.ts';
import { durationText, modelText, nameText, usdNumber } from './fields.ts';

const scopeShape = {
  key: nameText.optional().describe('For this virtual key alone; `each` for each by itself.'),
  model: modelText.optional().describe('For this model alone; `each` for each by itself.'),
  provider: nameText.optional().describe('For this provider alone; `each` for each by itself.'),
  session: z
    .literal('each')
    .optional()
    .describe('`each`: for each session of the agent by itself.'),
};

export const budgetSchema = z.strictObject({
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
  rpm: z.int().nonnegative().optional().describe('Requests in any minute.'),
  tpm: z.int().nonnegative().optional().describe('Tokens in any minute, in and out.'),
  parallel: z.int().nonnegative().optional().describe('Calls at the same time.'),
  ...scopeShape,
});

export const budgetsMax = 256;

const usdPerMillion = usdNumber.describe('US dollars per million tokens; three decimals at most.');

export const priceSchema = z
  .strictObject({
    input: usdPerMillion,
    output: usdPerMillion,
    cacheRead: usdPerMillion.optional(),
    cacheWrite: usdPerMillion.optional(),
  })
  .describe('Takes the place of the built-in price list.');

export type PriceSection = z.infer<typeof priceSchema>;
