// The hard budget: a call's worst case is taken out before it is made, and what it did not use is
// put back after. Everything here is synchronous, so no two calls can be promised the same money.

import type { World } from '../../kit/world.ts';
import type { TokenUsage } from '../../policy/llm-cost.ts';
import { type BudgetWindow, windowStart } from '../../policy/llm-window.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Ledger, openLedger, type ReserveRow } from './ledger.ts';

/**
 * `counted`: the provider's own count. `input-counted`: its count of the input and the reserved
 * output. `kept`: nothing was counted, so the whole reservation is spent. `unsent`: the provider
 * never got the call. `refused`: the provider answered that it did not do it.
 */
export type Settled = 'counted' | 'input-counted' | 'kept' | 'unsent' | 'refused';

export interface Reservation {
  readonly id: string;
  readonly nanoUsd: number;
  readonly windowStartMs: number;
}

export type Reserved =
  | { readonly reservation: Reservation }
  | { readonly denied: 'budget-exhausted' | 'ledger-unavailable'; readonly leftNanoUsd: number };

export interface BudgetState {
  readonly limitNanoUsd: number;
  readonly spentNanoUsd: number;
  readonly reservedNanoUsd: number;
  readonly leftNanoUsd: number;
  /** Why nothing can be spent though the budget would allow it; null when it can. */
  readonly fault: string | null;
}

export interface BudgetSettings {
  readonly limitNanoUsd: number;
  readonly window: BudgetWindow;
  readonly stateDir: string;
  readonly ledgerBytesMax: number;
}

type Who = Omit<ReserveRow, 'reservation' | 'atMs' | 'nanoUsd'>;

export class Budget implements Disposable {
  readonly #settings: BudgetSettings;
  readonly #world: World;
  readonly #log: Log;
  #ledger: Ledger | null = null;
  #fault: string | null = null;
  #disposed = false;
  #windowStartMs = 0;
  #lastAtMs = 0;
  /** Of the current window: settled amounts and whatever earlier processes left open. */
  #spentNanoUsd = 0;
  readonly #open = new Map<string, Reservation>();

  /** Never throws: a ledger that cannot be opened is a state, in which nothing may be spent. */
  constructor(settings: BudgetSettings, world: World, log: Log) {
    this.#settings = settings;
    this.#world = world;
    this.#log = log;
    this.#openLedger();
  }

  /** Durable when it returns. A call that costs nothing needs no budget and no working ledger. */
  reserve(nanoUsd: number, who: Who): Reserved {
    if (this.#ledger === null) this.#openLedger();
    const atMs = this.#advance();
    const leftNanoUsd = this.#left();
    const id = this.#world.randomId();
    const reservation = { id, nanoUsd, windowStartMs: this.#windowStartMs };
    if (nanoUsd > 0 && this.#ledger === null) return { denied: 'ledger-unavailable', leftNanoUsd };
    if (nanoUsd > leftNanoUsd && nanoUsd > 0) return { denied: 'budget-exhausted', leftNanoUsd };
    const written = this.#write(() =>
      this.#ledger?.reserve({ reservation: id, atMs, nanoUsd, ...who }),
    );
    if (!written && nanoUsd > 0) return { denied: 'ledger-unavailable', leftNanoUsd };
    this.#open.set(id, reservation);
    return { reservation };
  }

  /** Once per reservation. Where the row cannot be written the reservation stays spent. */
  settle({ id }: Reservation, nanoUsd: number, how: Settled, usage: TokenUsage | null): number {
    const reservation = this.#open.get(id);
    if (reservation === undefined) return 0;
    this.#open.delete(id);
    const atMs = this.#advance();
    const written = this.#write(() =>
      this.#ledger?.settle({ reservation: id, atMs, nanoUsd, how, usage }),
    );
    const spent = written ? nanoUsd : reservation.nanoUsd;
    if (reservation.windowStartMs === this.#windowStartMs) this.#spentNanoUsd += spent;
    if (nanoUsd > reservation.nanoUsd) {
      const reserved = reservation.nanoUsd;
      this.#log.error('reservation-too-small', { reservation: id, nanoUsd, reserved });
    }
    return spent;
  }

  state(): BudgetState {
    this.#advance();
    const { limitNanoUsd } = this.#settings;
    const [spentNanoUsd, reservedNanoUsd] = [this.#spentNanoUsd, this.#reserved()];
    const leftNanoUsd = this.#left();
    return { limitNanoUsd, spentNanoUsd, reservedNanoUsd, leftNanoUsd, fault: this.#fault };
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#ledger?.[Symbol.dispose]();
    this.#ledger = null;
  }

  #left(): number {
    return Math.max(0, this.#settings.limitNanoUsd - this.#spentNanoUsd - this.#reserved());
  }

  #reserved(): number {
    let sum = 0;
    for (const { nanoUsd, windowStartMs } of this.#open.values()) {
      if (windowStartMs === this.#windowStartMs) sum += nanoUsd;
    }
    return sum;
  }

  /**
   * The budget's own time: never before the latest row, so a clock set back opens no window again.
   */
  #advance(): number {
    this.#lastAtMs = Math.max(this.#lastAtMs, Math.floor(this.#world.now()));
    const start = windowStart(this.#settings.window, this.#lastAtMs);
    if (start > this.#windowStartMs) {
      this.#windowStartMs = start;
      this.#spentNanoUsd = 0;
    }
    return this.#lastAtMs;
  }

  #openLedger(): void {
    if (this.#disposed) return;
    const { stateDir, ledgerBytesMax } = this.#settings;
    this.#write(() => {
      const ledger = openLedger(stateDir, ledgerBytesMax);
      this.#ledger = ledger;
      this.#lastAtMs = Math.max(this.#lastAtMs, ledger.lastAtMs());
      this.#advance();
      this.#spentNanoUsd = ledger.spentSince(this.#windowStartMs);
    });
  }

  #write(work: () => void): boolean {
    try {
      work();
      if (this.#ledger !== null) this.#fault = null;
      return this.#ledger !== null;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#fault = `the ledger in ${this.#settings.stateDir} cannot be written: ${why}`;
      this.#log.error('ledger-unavailable', { error: why });
      return false;
    }
  }
}
