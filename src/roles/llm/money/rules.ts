// Budgets and limits as the wallet applies them: whom each is for, and what of a claim counts
// towards it.

import type { Window } from '../../../policy/llm-window.ts';
import type { Claim, Route } from './claim.ts';
import type { budgetScopes, MoneySettings } from './settings.ts';

/** `key-model`: what one key spends on one model; its subject is both names with a space. */
export type BudgetScope = (typeof budgetScopes)[number] | 'key-model';

export interface Scope {
  readonly by: BudgetScope;
  /** Only this one; null: each one by itself. Null for `all`. */
  readonly name: string | null;
}

/** What may go on while nobody knows what other instances do; undefined: as is the rule for all. */
export type WhenGone = 'refuse' | number | undefined;

export interface BudgetRule extends Scope {
  readonly whenGone?: WhenGone;
  /** The same over a restart as long as scope and window are the same. */
  readonly id: string;
  readonly window: Window;
  readonly limitNanoUsd: number;
  /** Where it is declared; empty for a key's own. */
  readonly at: string;
}

export interface RateRule extends Scope {
  readonly whenGone?: WhenGone;
  readonly id: string;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly parallel: number | null;
  readonly at: string;
}

export interface Rules {
  readonly budgets: readonly BudgetRule[];
  readonly rates: readonly RateRule[];
}

/** Those that are declared: they hold for every key. */
export function declaredRules({ budgets, rates }: Pick<MoneySettings, 'budgets' | 'rates'>): Rules {
  const id = (of: Scope & { readonly window?: Window }, index: number) =>
    `${of.by}:${of.name ?? '*'}:${of.window === undefined ? index : JSON.stringify(of.window)}`;
  return {
    budgets: budgets.map((budget, index) => ({ ...budget, id: `budget ${id(budget, index)}` })),
    rates: rates.map((rate, index) => ({ ...rate, id: `limit ${id(rate, index)}` })),
  };
}

export interface Subject {
  readonly key: string;
  readonly session: string | null;
}

/** Whose spending it is under this scope; null where the rule says nothing of it. */
export function subjectOf({ by, name }: Scope, who: Subject, route: Place): string | null {
  const subject = valueUnder(by, who, route);
  return name === null || name === subject ? subject : null;
}

/** Whether what a route comes to counts for this subject. */
export function isUnder({ by }: Scope, subject: string, key: string, route: Place): boolean {
  return valueUnder(by, { key, session: null }, route) === subject || by === 'session';
}

type Place = Pick<Route, 'provider' | 'model'>;

function valueUnder(by: BudgetScope, who: Subject, route: Place): string | null {
  if (by === 'all') return '';
  if (by === 'key') return who.key;
  if (by === 'session') return who.session;
  if (by === 'key-model') return `${who.key} ${route.model}`;
  return by === 'model' ? route.model : route.provider;
}

/** What a claim can come to for each subject of a rule: the dearest of its routes there. */
export function worstBySubject(
  scope: Scope,
  claim: Pick<Claim, 'key' | 'session'>,
  routes: readonly Route[],
): ReadonlyMap<string, number> {
  const worst = new Map<string, number>();
  for (const route of routes) {
    const subject = subjectOf(scope, claim, route);
    if (subject === null) continue;
    worst.set(subject, Math.max(worst.get(subject) ?? 0, route.nanoUsd));
  }
  return worst;
}

/** `model opus`, `each session`, `everything`: for people. */
export function scopeText({ by, name }: Scope): string {
  if (by === 'all') return 'everything';
  if (by === 'key-model') return `the key and model ${name}`;
  return name === null ? `each ${by}` : `the ${by} ${name}`;
}
