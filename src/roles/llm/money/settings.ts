// What the model proxy is told of money: prices, virtual keys, budgets.

import * as z from 'zod';

/** Nano-dollars per token: an integer, so that money never meets floating point. */
const nanoUsdPerToken = z.int().nonnegative();

export const budgetWindows = ['hour', 'day', 'week', 'month', 'total'] as const;

export const budgetScopes = ['all', 'key', 'model', 'provider', 'session'] as const;

export const priceSchema = z.strictObject({
  inputNanoUsd: nanoUsdPerToken,
  outputNanoUsd: nanoUsdPerToken,
  cacheReadNanoUsd: nanoUsdPerToken.optional(),
  /** Of five minutes; of an hour too, where that has no rate of its own. */
  cacheWriteNanoUsd: nanoUsdPerToken.optional(),
  cacheWrite1hNanoUsd: nanoUsdPerToken.optional(),
  /** A use of a tool that runs at the provider. Without a price it is refused. */
  webSearchNanoUsd: nanoUsdPerToken.optional(),
  fileSearchNanoUsd: nanoUsdPerToken.optional(),
  codeExecutionNanoUsd: nanoUsdPerToken.optional(),
  /** Most tokens that one use brings into the prompt; without it, all that the model takes. */
  useTokensMax: z.int().positive().optional(),
});

/** Virtual keys: worth nothing outside the stack. `secret` names the secret with its value. */
export const keySchema = z.strictObject({
  name: z.string().min(1),
  secret: z.string().min(1),
  caller: z.string().min(1),
  /** The models it may ask for; null: every one. */
  models: z.array(z.string().min(1)).nullable().default(null),
});

/** Whom a budget or limit is for: everything, or one or each of a kind. */
const scope = {
  by: z.enum(budgetScopes).default('all'),
  /** The one it is for; null: each by itself. */
  name: z.string().min(1).nullable().default(null),
};

/**
 * While the Redis of several instances is gone: nothing, or a share, of which each has its equal
 * part. Left out: for a budget as the Redis says, for a limit each instance's part of all of it.
 */
const whenGone = z.union([z.literal('refuse'), z.number().gt(0).lt(1)]).optional();

export const budgetSchema = z.strictObject({
  ...scope,
  whenGone,
  limitNanoUsd: z.int().nonnegative(),
  /** From one edge of the calendar (UTC) to the next, or any stretch of that length. */
  window: z.union([z.enum(budgetWindows), z.strictObject({ rollingMs: z.int().min(60_000) })]),
  at: z.string().default(''),
});

export const rateSchema = z.strictObject({
  ...scope,
  whenGone,
  requestsPerMinute: z.int().nonnegative().nullable().default(null),
  tokensPerMinute: z.int().nonnegative().nullable().default(null),
  parallel: z.int().nonnegative().nullable().default(null),
  at: z.string().default(''),
});

export const moneyRules = {
  keys: z.array(keySchema),
  /** A call must fit into each that applies, and one must: without any nothing may be spent. */
  budgets: z.array(budgetSchema).max(256),
  rates: z.array(rateSchema).max(256).default([]),
  /** Names the secret that opens the endpoints for keys and spending; null: they are closed. */
  masterKey: z.string().min(1).nullable().default(null),
};

export type Price = z.infer<typeof priceSchema>;
export type KeySettings = z.infer<typeof keySchema>;
export type MoneySettings = z.infer<z.ZodObject<typeof moneyRules>>;
