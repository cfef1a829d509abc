// A virtual key as LiteLLM's clients know it.

import { mainBudget } from './key-change.ts';
import type { KeyBudget, KeyRecord } from './key-record.ts';

export function keyJson(key: KeyRecord, spentNanoUsd: number): Readonly<Record<string, unknown>> {
  const main = mainBudget(key);
  const of = (kind: KeyBudget['kind']) => key.budgets.filter((one) => one.kind === kind);
  return {
    token: key.digest,
    token_id: key.digest,
    key_name: key.hint,
    key_alias: key.alias,
    name: key.name,
    caller: key.caller,
    spend: usd(spentNanoUsd),
    models: key.models ?? [],
    max_budget: main === null ? null : usd(main.limitNanoUsd),
    budget_duration: main?.duration ?? null,
    budget_limits: of('more').map(({ limitNanoUsd, duration }) => ({
      budget_duration: duration,
      max_budget: usd(limitNanoUsd),
    })),
    model_max_budget: Object.fromEntries(
      of('model').map(({ model, limitNanoUsd, duration }) => [
        model,
        { budget_limit: usd(limitNanoUsd), time_period: duration },
      ]),
    ),
    rpm_limit: key.requestsPerMinute,
    tpm_limit: key.tokensPerMinute,
    max_parallel_requests: key.parallel,
    metadata: key.metadata,
    blocked: key.blocked,
    expires: time(key.expiresAtMs),
    created_at: time(key.createdAtMs),
    updated_at: time(key.updatedAtMs),
    user_id: null,
    team_id: null,
  };
}

function time(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

/** For JSON that others read as a number; the ledger keeps the integer. */
export function usd(nanoUsd: number): number {
  return nanoUsd / 1e9;
}
