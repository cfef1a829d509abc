// Every budget's tally in one place: what a claim may take out of which, and what goes back.

import { countsFrom, eases, sliceMsOf, sliceOf } from '../../../policy/llm-window.ts';
import type { LiveTotal, OwnTotal } from '../shared/gate.ts';
import type { Claim, Route, Settlement } from './claim.ts';
import { type BudgetRule, isUnder, type Scope, subjectOf, worstBySubject } from './rules.ts';
import type { Since } from './spent-sums.ts';
import { Tally } from './tally.ts';

/** What was settled before, by the moment of its reservation. */
export interface History {
  /** Everybody who has spent under this scope at or after a moment. */
  subjectsSince(scope: Scope, atMs: number): readonly string[];
  spentSince(scope: Scope, subject: string, since: Since): readonly (readonly [number, number])[];
}

/** One budget's part of a reservation. */
export interface Held {
  readonly rule: BudgetRule;
  readonly subject: string;
  readonly tally: Tally;
  readonly nanoUsd: number;
}

export interface Taken {
  readonly routes: readonly Route[];
  readonly nanoUsd: number;
  readonly held: Held[];
}

export interface Short {
  /** The tightest budget; null when none covers the call. */
  readonly short: BudgetRule | null;
  readonly subject: string;
  readonly leftNanoUsd: number;
}

export interface BudgetState {
  readonly rule: BudgetRule;
  readonly subject: string;
  readonly spentNanoUsd: number;
  readonly reservedNanoUsd: number;
  readonly leftNanoUsd: number;
}

/** Beyond this many, tallies that nothing is reserved in are forgotten and read again. */
const talliesMax = 20_000;

export class Budgets {
  readonly #history: History;
  readonly #tallies = new Map<string, { rule: BudgetRule; subject: string; tally: Tally }>();
  readonly #open = new Map<Held[], { claim: Claim; routes: readonly Route[]; atMs: number }>();

  constructor(history: History) {
    this.#history = history;
  }

  /**
   * Takes the dearest route that fits out of every budget; dearer ones are closed to the call. A
   * call that costs something must be in one budget at least.
   */
  take(rules: readonly BudgetRule[], claim: Claim, nowMs: number): Taken | Short {
    let tightest: Short = { short: null, subject: '', leftNanoUsd: 0 };
    const routes = claim.routes.filter((route) => {
      if (route.nanoUsd === 0) return true;
      let covered = false;
      for (const rule of rules) {
        const subject = subjectOf(rule, claim, route);
        if (subject === null) continue;
        const leftNanoUsd = this.#left(rule, subject, nowMs);
        if (tightest.short === null || leftNanoUsd < tightest.leftNanoUsd) {
          tightest = { short: rule, subject, leftNanoUsd };
        }
        if (leftNanoUsd < route.nanoUsd) return false;
        covered = true;
      }
      return covered;
    });
    if (routes.length === 0) return tightest;
    const held: Held[] = [];
    for (const rule of rules) {
      for (const [subject, nanoUsd] of worstBySubject(rule, claim, routes)) {
        const tally = this.#tally(rule, subject, nowMs);
        tally.add(nowMs, 0, nanoUsd);
        held.push({ rule, subject, tally, nanoUsd });
      }
    }
    this.#open.set(held, { claim, routes, atMs: nowMs });
    return { routes, nanoUsd: Math.max(...routes.map(({ nanoUsd }) => nanoUsd)), held };
  }

  /** `route` null: nobody knows which was taken, so every budget it could be is charged. */
  release(held: Held[], atMs: number, nanoUsd: number, route: Settlement['route']): void {
    const key = this.#open.get(held)?.claim.key ?? '';
    this.#open.delete(held);
    for (const { rule, subject, tally, nanoUsd: reserved } of held) {
      const counts = route === null || isUnder(rule, subject, key, route);
      tally.add(atMs, counts ? nanoUsd : 0, -reserved);
    }
  }

  /** What this instance has of each budget in question, read when it is sent. */
  liveTotals(
    of: readonly Pick<Held, 'rule' | 'subject' | 'tally'>[],
    now: () => number,
  ): readonly LiveTotal[] {
    return of.map(({ rule, subject, tally }) => ({
      id: `${rule.id} ${subject}`,
      read: () => totalOf(rule, subject, tally, now()),
    }));
  }

  /** Of every budget and every subject that the ledger or a call under way knows. */
  everything(rules: readonly BudgetRule[], now: () => number): readonly LiveTotal[] {
    const nowMs = now();
    for (const rule of rules) {
      const since = countsFrom(rule.window, nowMs);
      for (const subject of this.#history.subjectsSince(rule, since)) {
        if (rule.name === null || rule.name === subject) this.#tally(rule, subject, nowMs);
      }
    }
    return this.liveTotals([...this.#tallies.values()], now);
  }

  /**
   * Whether what is held fits into the part of each budget that is kept for when the others cannot
   * be asked. A window in which this instance had spent before it was started has none: nobody
   * knows how much of it was of this part.
   */
  takeShare(held: readonly Held[], nowMs: number, shareOf: (rule: BudgetRule) => number): boolean {
    const fits = held.every(({ rule, tally, nanoUsd }) => {
      const { spent } = tally.alone(nowMs);
      return !tally.hadHistory(nowMs) && spent + nanoUsd <= shareOf(rule);
    });
    if (fits) for (const { tally, nanoUsd } of held) tally.addAlone(nowMs, nanoUsd);
    return fits;
  }

  /** Of rules for one subject as they stand, of those for each subject whoever is known now. */
  states(rules: readonly BudgetRule[], nowMs: number): readonly BudgetState[] {
    for (const rule of rules) {
      if (rule.by === 'all' || rule.name !== null) this.#tally(rule, rule.name ?? '', nowMs);
    }
    const ids = new Map(rules.map((rule) => [rule.id, rule]));
    return [...this.#tallies.values()].flatMap(({ rule: { id }, subject, tally }) => {
      const rule = ids.get(id);
      if (rule === undefined) return [];
      const { spent, reserved } = tally.at(nowMs);
      const leftNanoUsd = Math.max(0, rule.limitNanoUsd - spent - reserved);
      return [{ rule, subject, spentNanoUsd: spent, reservedNanoUsd: reserved, leftNanoUsd }];
    });
  }

  #left(rule: BudgetRule, subject: string, nowMs: number): number {
    const { spent, reserved } = this.#tally(rule, subject, nowMs).at(nowMs);
    return Math.max(0, rule.limitNanoUsd - spent - reserved);
  }

  #tally(rule: BudgetRule, subject: string, nowMs: number): Tally {
    const id = `${rule.id} ${subject}`;
    const known = this.#tallies.get(id);
    if (known !== undefined) {
      if (!forgettable(rule)) return known.tally;
      // The map keeps the order of use.
      this.#tallies.delete(id);
      this.#tallies.set(id, known);
      return known.tally;
    }
    if (this.#tallies.size >= talliesMax) this.#forget();
    const tally = new Tally(rule.window);
    const since = { atMs: countsFrom(rule.window, nowMs), sliceMs: sliceMsOf(rule.window) };
    for (const [atMs, spent] of this.#history.spentSince(rule, subject, since)) {
      tally.add(atMs, spent, 0);
      tally.markHistory(atMs);
    }
    // Calls that were under way before there was this budget count in it as well.
    for (const [held, { claim, routes, atMs }] of this.#open) {
      const nanoUsd = worstBySubject(rule, claim, routes).get(subject);
      if (nanoUsd === undefined) continue;
      tally.add(atMs, 0, nanoUsd);
      held.push({ rule, subject, tally, nanoUsd });
    }
    this.#tallies.set(id, { rule, subject, tally });
    return tally;
  }

  #forget(): void {
    for (const [id, { rule, tally }] of this.#tallies) {
      if (!forgettable(rule) || !tally.idle) continue;
      this.#tallies.delete(id);
      return;
    }
  }
}

/** By a window's own beginning, where it has one: the next one is another total. */
function totalOf(rule: BudgetRule, subject: string, tally: Tally, nowMs: number): OwnTotal {
  const { spent, reserved } = tally.at(nowMs);
  const { window, limitNanoUsd, whenGone } = rule;
  const isRolling = typeof window !== 'string' && 'rollingMs' in window;
  const begins = isRolling ? '' : ` ${sliceOf(window, nowMs)}`;
  const untilMs = isRolling ? nowMs + window.rollingMs : (eases(window, nowMs) ?? forever);
  const id = `${rule.id} ${subject}${begins}`;
  const until = Math.ceil(untilMs);
  return {
    id,
    own: spent + reserved,
    limit: limitNanoUsd,
    isMoney: true,
    whenGone,
    untilMs: until,
  };
}

/** The year 2286: what never ends, ends there. */
const forever = 10_000_000_000_000;

/** There are as many of these as there are sessions; of the others as many as were declared. */
function forgettable({ by, name }: BudgetRule): boolean {
  return by !== 'all' && name === null;
}
