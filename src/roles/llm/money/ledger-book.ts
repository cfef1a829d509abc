// The ledger as the wallet sees it: opened when it can be, with a time that never goes back, and
// with a word on why not when it cannot be written.

import type { World } from '../../../kit/world.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { History } from './budgets.ts';
import type { Claim, Settlement } from './claim.ts';
import { GroupCommit } from './group-commit.ts';
import { Ledger, type ReserveRow, type SettleRow } from './ledger.ts';
import { LedgerClock } from './ledger-clock.ts';
import type { Scope } from './rules.ts';
import type { Since, SpentSums } from './spent-sums.ts';

export interface BookSettings {
  readonly stateDir: string;
  readonly ledgerBytesMax: number;
}

interface Opened {
  readonly ledger: Ledger;
  readonly group: GroupCommit;
}

/** How often at most a ledger that could not be opened is tried again. */
const againMs = 1_000;

export class LedgerBook implements History, Disposable {
  readonly #settings: BookSettings;
  readonly #world: World;
  readonly #log: Log;
  readonly #clock: LedgerClock;
  #opened: Opened | null = null;
  #fault: string | null = null;
  #triedMs = Number.NEGATIVE_INFINITY;
  #disposed = false;

  constructor(settings: BookSettings, world: World, log: Log) {
    this.#settings = settings;
    this.#world = world;
    this.#log = log;
    this.#clock = new LedgerClock(world);
    this.#open();
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  nextId(): number {
    // Without a ledger only what costs nothing is let through, and leaves no row.
    return this.#opened?.ledger.reserveSeq() ?? -this.#world.randomBytes(6).readUIntBE(0, 6) - 1;
  }

  /** Null when rows can be written, as far as was seen. */
  fault(): string | null {
    if (this.#opened === null) this.#open();
    return this.#opened === null ? this.#fault : null;
  }

  /** Of the last attempt, also where the next one may go well. */
  lastFault(): string | null {
    return this.#fault;
  }

  /** Whether the row is on the disk. */
  reserve(row: ReserveRow): Promise<boolean> {
    const group = this.#opened?.group;
    if (group === undefined) return Promise.resolve(false);
    return new Promise((resolve) => group.reserve(row, (error) => resolve(error === null)));
  }

  /** The reservation was promised to nobody, or neither held nor cost anything. */
  forget(id: number): void {
    this.#opened?.ledger.forget(id);
  }

  settle(row: SettleRow): void {
    this.#opened?.group.settle(row);
  }

  /** The last room is for calls that were made. */
  saved(claim: Claim, settlement: Settlement): void {
    if (this.#opened === null || this.#opened.ledger.isFull()) return;
    const [seq, atMs] = [this.#opened.ledger.reserveSeq(), this.nowMs()];
    const reserved: ReserveRow = {
      kind: 'reserve',
      seq,
      atMs,
      nanoUsd: 0,
      claim,
      routes: claim.routes,
    };
    this.#opened.group.settle({ kind: 'settle', atMs, reserved, settlement });
  }

  spentSince(scope: Scope, subject: string, since: Since): readonly (readonly [number, number])[] {
    return this.#sums()?.since(scope, subject, since) ?? [];
  }

  subjectsSince(scope: Scope, atMs: number): readonly string[] {
    return this.#sums()?.subjectsSince(scope, atMs) ?? [];
  }

  #sums(): SpentSums | null {
    this.#opened?.group.flush();
    return this.#opened?.ledger.sums ?? null;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#opened?.group.close();
    this.#opened?.ledger[Symbol.dispose]();
    this.#opened = null;
  }

  #open(): void {
    const nowMs = this.#world.monotonicMs();
    if (this.#disposed || nowMs - this.#triedMs < againMs) return;
    this.#triedMs = nowMs;
    try {
      const { stateDir, ledgerBytesMax } = this.#settings;
      const ledger = new Ledger(stateDir, ledgerBytesMax);
      this.#clock.notBefore(ledger.lastAtMs());
      this.#opened = { ledger, group: new GroupCommit(ledger, (error) => this.#hear(error)) };
      this.#hear(null);
    } catch (error) {
      this.#hear(error);
    }
  }

  /** Said once, and not for each call that is refused: the log may be on the same full disk. */
  #hear(error: unknown): void {
    const before = this.#fault;
    const why = error instanceof Error ? error.message : String(error);
    const fault = `the ledger in ${this.#settings.stateDir} cannot be written: ${why}`;
    this.#fault = error === null ? null : fault;
    if (this.#fault === before) return;
    if (error === null) this.#log.info('ledger-back', {});
    else this.#log.error('ledger-unavailable', { error: why });
  }
}
