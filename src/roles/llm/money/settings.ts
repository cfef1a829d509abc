// What the model proxy is told of money: prices, virtual keys, budgets.

import * as z from 'zod';

/** Nano-dollars per token: an integer, so that money never meets floating point. */
const nanoUsdPerToken = z.int().nonnegative();

export const budgetWindows = ['hour', 'day', 'week', 'month', 'total'] as const;

export const priceSchema = z.strictObject({
  inputNanoUsd: nanoUsdPerToken,
  outputNanoUsd: nanoUsdPerToken,
  cacheReadNanoUsd: nanoUsdPerToken.optional(),
  cacheWriteNanoUsd: nanoUsdPerToken.optional(),
});

/** Virtual keys: worth nothing outside the stack. `secret` names the secret with its value. */
export const keySchema = z.strictObject({
  name: z.string().min(1),
  secret: z.string().min(1),
  caller: z.string().min(1),
});

export const budgetSchema = z.strictObject({
  limitNanoUsd: z.int().nonnegative(),
  window: z.enum(budgetWindows),
  at: z.string().default(''),
});

export const moneyRules = {
  keys: z.array(keySchema),
  budget: budgetSchema,
};

export type Price = z.infer<typeof priceSchema>;
