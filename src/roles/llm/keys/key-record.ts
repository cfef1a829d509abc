// A virtual key as it is kept: its value's digest, never the value; what it may do and spend.

import type { Window } from '../../../policy/llm-window.ts';
import type { BudgetRule, RateRule, Rules } from '../money/rules.ts';

export interface KeyBudget {
  /** `main` is that of `max_budget`, `more` one of `budget_limits`. */
  readonly kind: 'main' | 'more' | 'model';
  readonly limitNanoUsd: number;
  readonly window: Window;
  /** One model only; null: everything the key asks for. */
  readonly model: string | null;
  /** How the duration was written: `30d`. Null: it never begins anew. */
  readonly duration: string | null;
}

/** How often each part of a key was changed. */
export interface KeyVersions {
  readonly blocked: number;
  readonly value: number;
  readonly rest: number;
}

export interface KeyRecord {
  /** What the ledger knows it by: stays when the value is changed. */
  readonly name: string;
  /** SHA-256 of the value, in hexadecimal. */
  readonly digest: string;
  /** `sk-...abcd`, for people. */
  readonly hint: string;
  readonly alias: string | null;
  /** Only on the listener of this caller; null: on any. */
  readonly caller: string | null;
  /** Null: every model. */
  readonly models: readonly string[] | null;
  readonly budgets: readonly KeyBudget[];
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly parallel: number | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly blocked: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number | null;
  /** For instances that share their keys; absent in a key of an earlier version. */
  readonly versions?: KeyVersions | undefined;
}

/** The budgets and limits that a key brings along. */
export function rulesOf(key: KeyRecord): Rules {
  const { name, requestsPerMinute, tokensPerMinute, parallel } = key;
  const budgets = key.budgets.map(
    ({ model, window, limitNanoUsd }): BudgetRule => ({
      ...(model === null ? { by: 'key', name } : { by: 'key-model', name: `${name} ${model}` }),
      id: `budget key ${name} ${model ?? '*'} ${JSON.stringify(window)}`,
      ...{ window, limitNanoUsd, at: '' },
    }),
  );
  const most = { requestsPerMinute, tokensPerMinute, parallel };
  const rate: RateRule = { id: `limit key ${name}`, by: 'key', name, at: '', ...most };
  const isLimited = Object.values(most).some((one) => one !== null);
  return { budgets, rates: isLimited ? [rate] : [] };
}
