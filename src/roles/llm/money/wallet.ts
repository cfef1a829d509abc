// The hard budgets: the worst case of a call is taken out of every budget that applies before it
// is made, and what it did not use is put back after. What is promised is decided and held in one
// step, so no two calls can be promised the same money; then it is made durable.

import type { World } from '../../../kit/world.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { LiveTotal, OwnTotal, SharedGate } from '../shared/gate.ts';
import { type BudgetState, Budgets, type Held, type Short } from './budgets.ts';
import type { Claim, Denial, Reservation, Reserved, Route, Settlement, Wallet } from './claim.ts';
import type { ReserveRow } from './ledger.ts';
import { LedgerBook } from './ledger-book.ts';
import { deniedByBudget, deniedByRate, ledgerDenied, sharedDenied } from './money-text.ts';
import { type RateHold, Rates, type SharedLimit } from './rates.ts';
import type { BudgetRule, Rules, Scope } from './rules.ts';

export interface WalletSettings {
  readonly stateDir: string;
  readonly ledgerBytesMax: number;
}

/** Hears of a budget that is nearly spent, and of one that has no room for a call. */
export interface BudgetAlarm {
  /** From which share on it is nearly spent; null: never. */
  readonly share: number | null;
  readonly raise: (
    kind: 'budget-low' | 'budget-exhausted',
    rule: BudgetRule,
    subject: string,
  ) => void;
}

const noAlarm: BudgetAlarm = { share: null, raise: () => {} };

interface Open {
  readonly row: ReserveRow;
  readonly held: Held[];
  readonly rates: RateHold;
  /** In which slice of their windows the budgets hold it. */
  readonly heldMs: number;
}

export class LedgerWallet implements Wallet, Disposable {
  readonly #rules: (key: string) => Rules;
  readonly #world: World;
  readonly #log: Log;
  readonly #alarm: BudgetAlarm;
  /** Null: nobody else spends from these budgets. */
  #gate: SharedGate | null = null;
  readonly #book: LedgerBook;
  readonly #budgets: Budgets;
  readonly #rates = new Rates();
  readonly #open = new Map<number, Open>();

  /**
   * `rules` gives those that hold for a key, its own included. Never throws: a ledger that cannot
   * be opened is a state, in which nothing may be spent.
   */
  constructor(
    settings: WalletSettings,
    rules: (key: string) => Rules,
    world: World,
    log: Log,
    alarm: BudgetAlarm = noAlarm,
  ) {
    this.#alarm = alarm;
    this.#rules = rules;
    this.#world = world;
    this.#log = log;
    this.#book = new LedgerBook(settings, world, log);
    this.#budgets = new Budgets(this.#book);
  }

  /** From now on others spend from the same budgets. */
  share(gate: SharedGate): void {
    this.#gate = gate;
  }

  /** All that this instance has spent and promised, for others to know. */
  totals(rules: readonly BudgetRule[]): readonly LiveTotal[] {
    const money = this.#budgets.everything(rules, () => this.#book.nowMs());
    const limits = [...this.#open.values()].flatMap(({ rates }) => this.#limits(rates));
    return [...money, ...limits];
  }

  async reserve(claim: Claim): Promise<Reserved> {
    const rules = this.#rules(claim.key);
    const rates = this.#rates.take(rules.rates, claim, this.#world.monotonicMs());
    if ('reason' in rates) return { denied: deniedByRate(rates) };
    const reserved = await this.#take(claim, rules, rates);
    if ('denied' in reserved) {
      this.#rates.release(rates, 0);
      this.#tell([], rates);
    }
    return reserved;
  }

  async #take(claim: Claim, { budgets }: Rules, rates: RateHold): Promise<Reserved> {
    const dearest = Math.max(...claim.routes.map(({ nanoUsd }) => nanoUsd));
    const fault = this.#book.fault();
    if (fault !== null && dearest > 0) return { denied: ledgerDenied() };
    const nowMs = this.#book.nowMs();
    const taken = this.#budgets.take(budgets, claim, nowMs);
    if ('short' in taken) return { denied: this.#denied(taken, claim.routes, nowMs) };
    const { routes, nanoUsd, held } = taken;
    const shared = await this.#askOthers(held, rates, nanoUsd, nowMs);
    if (shared !== null) {
      this.#giveBack(held, nowMs);
      return { denied: shared };
    }
    const id = this.#book.nextId();
    // Numbers and times grow together, however long the others took to answer.
    const atMs = this.#book.nowMs();
    const row: ReserveRow = { kind: 'reserve', seq: id, atMs, nanoUsd, claim, routes };
    this.#open.set(id, { row, held, rates, heldMs: nowMs });
    // What costs nothing needs no ledger.
    if (nanoUsd > 0 && !(await this.#book.reserve(row))) {
      this.#open.delete(id);
      this.#book.forget(id);
      this.#giveBack(held, nowMs);
      return { denied: ledgerDenied() };
    }
    return { reservation: { id, nanoUsd, routes } };
  }

  #tell(held: readonly Held[], rates: RateHold | null): void {
    if (this.#gate === null) return;
    this.#gate.tell(this.#budgets.liveTotals(held, () => this.#book.nowMs()));
    if (rates !== null) this.#gate.tell(this.#limits(rates));
  }

  #limits(rates: RateHold): readonly SharedLimit[] {
    return this.#rates.shared(rates, () => ({
      monotonicMs: this.#world.monotonicMs(),
      wallMs: this.#world.now(),
    }));
  }

  #giveBack(held: Held[], nowMs: number): void {
    this.#budgets.release(held, nowMs, 0, null);
    this.#tell(held, null);
  }

  settle({ id }: Reservation, settlement: Settlement): number {
    const open = this.#open.get(id);
    if (open === undefined) return 0;
    this.#open.delete(id);
    const { row, held, rates, heldMs } = open;
    const { nanoUsd, usage, route } = settlement;
    this.#rates.release(rates, usage === null ? null : tokensOf(usage));
    this.#budgets.release(held, heldMs, nanoUsd, route);
    this.#warn(held);
    this.#tell(held, rates);
    if (row.nanoUsd > 0 || nanoUsd > 0) {
      this.#book.settle({ kind: 'settle', atMs: this.#book.nowMs(), reserved: row, settlement });
    } else {
      this.#book.forget(id);
    }
    if (nanoUsd > row.nanoUsd) {
      const { requestId } = row.claim;
      this.#log.error('reservation-too-small', { requestId, nanoUsd, reserved: row.nanoUsd });
    }
    return nanoUsd;
  }

  saved(claim: Claim, savedNanoUsd: number): void {
    if (savedNanoUsd === 0) return;
    const [route = null] = claim.routes;
    const settlement = { nanoUsd: 0, how: 'cached', usage: null, savedNanoUsd, route } as const;
    this.#book.saved(claim, settlement);
  }

  async #askOthers(
    held: readonly Held[],
    rates: RateHold,
    costNanoUsd: number,
    nowMs: number,
  ): Promise<Denial | null> {
    const gate = this.#gate;
    if (gate === null) return null;
    const limits = this.#limits(rates);
    const budgets = costNanoUsd === 0 ? [] : held;
    if (limits.length + budgets.length === 0) return null;
    const money = this.#budgets.liveTotals(budgets, () => this.#book.nowMs());
    const answer = await gate.ask([...limits, ...money]);
    if (answer.kind === 'fits') return null;
    if (answer.kind === 'over') {
      const limit = limits[answer.index];
      if (limit !== undefined) return deniedByRate(limit.denied);
      const {
        rule = null,
        subject = '',
        nanoUsd = 0,
      } = budgets[answer.index - limits.length] ?? {};
      const short = { short: rule, subject, leftNanoUsd: answer.left };
      return this.#denied(short, [needs(nanoUsd)], nowMs);
    }
    // Each instance goes on within its part of every limit.
    const over = limits.map(({ read, denied }) => ({ ...read(), denied })).find(isOverPart(gate));
    if (over !== undefined) return deniedByRate(over.denied);
    if (costNanoUsd === 0) return null;
    const share = this.#budgets.takeShare(held, nowMs, ({ limitNanoUsd, whenGone }) =>
      gate.shareWhenGone(limitNanoUsd, whenGone),
    );
    return share ? null : sharedDenied(answer.why);
  }

  #denied(short: Short, routes: readonly Route[], nowMs: number): Denial {
    if (short.short !== null) this.#alarm.raise('budget-exhausted', short.short, short.subject);
    return deniedByBudget(short, routes, nowMs);
  }

  #warn(held: readonly Held[]): void {
    const { share, raise } = this.#alarm;
    if (share === null) return;
    const nowMs = this.#book.nowMs();
    for (const { rule, subject, tally } of held) {
      const { spent } = tally.at(nowMs);
      if (spent > 0 && spent >= rule.limitNanoUsd * share) raise('budget-low', rule, subject);
    }
  }

  /** Why nothing can be spent though the budgets would allow it; null when it can. */
  fault(): string | null {
    return this.#book.fault() ?? this.#book.lastFault();
  }

  states(rules: readonly BudgetRule[]): readonly BudgetState[] {
    return this.#budgets.states(rules, this.#book.nowMs());
  }

  /** Ever, settled. Reads the ledger: not for the way of a call. */
  spentNanoUsd(scope: Scope, subject: string): number {
    const ever = this.#book.spentSince(scope, subject, { atMs: 0, sliceMs: null });
    return ever.reduce((sum, [, spent]) => sum + spent, 0);
  }

  [Symbol.dispose](): void {
    this.#book[Symbol.dispose]();
  }
}

function isOverPart(gate: SharedGate): (total: OwnTotal) => boolean {
  return ({ own, limit, whenGone }) => own > gate.limitWhenGone(limit, whenGone);
}

function tokensOf(usage: NonNullable<Settlement['usage']>): number {
  const { input, cacheRead, cacheWrite, cacheWrite1h, output } = usage;
  return input + cacheRead + cacheWrite + cacheWrite1h + output;
}

function needs(nanoUsd: number): Route {
  return { provider: 'the dearest provider', model: '', deployment: '', nanoUsd };
}
