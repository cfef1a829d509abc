// Many rows, one commit and one sync: while the disk is busy with one group the next one gathers.
// A reservation is told that it is durable when its group is on the disk; a settlement waits for
// nobody.

import type { ReserveRow, Row, SettleRow } from './ledger.ts';

export interface Store {
  append(rows: readonly Row[]): void;
  sync(): Promise<void>;
  repair(): void;
}

/** A settlement alone may reach the disk this much later: until then the reservation stands. */
const settleSyncMs = 100;
/** So soon those that could not be written are tried again, also where nobody asks for money. */
const againMs = 1_000;
/** Settlements that could not be written wait here; above it the reservation stands for good. */
const waitingMax = 10_000;

type Written = (error: Error | null) => void;

export class GroupCommit {
  readonly #store: Store;
  readonly #onFault: (error: Error | null) => void;
  #reserves: { row: ReserveRow; written: Written }[] = [];
  #settles: SettleRow[] = [];
  #working = false;
  #scheduled = false;
  #broken = false;
  #idleSync: NodeJS.Timeout | null = null;
  #again: NodeJS.Timeout | null = null;

  /** `onFault` hears of every failure, and once with null when rows can be written again. */
  constructor(store: Store, onFault: (error: Error | null) => void) {
    this.#store = store;
    this.#onFault = onFault;
  }

  /** `written` is called once, with null when the row is on the disk. */
  reserve(row: ReserveRow, written: Written): void {
    this.#reserves.push({ row, written });
    this.#schedule();
  }

  settle(row: SettleRow): void {
    if (this.#settles.length < waitingMax) this.#settles.push(row);
    this.#schedule();
  }

  /** Writes the settlements that wait, so that a question to the ledger finds them. */
  flush(): void {
    if (this.#settles.length > 0) this.#append([]);
  }

  #schedule(): void {
    if (this.#scheduled || this.#working) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#reserves.length > 0 || (this.#settles.length > 0 && !this.#broken)) {
      const group = this.#reserves.splice(0);
      let error = this.#append(group.map(({ row }) => row));
      if (error === null && group.length > 0) error = await this.#sync();
      for (const { written } of group) written(error);
      if (group.length === 0) this.#syncSoon();
    }
    this.#working = false;
    this.#againLater();
  }

  #againLater(): void {
    if (!this.#broken || this.#settles.length === 0) return;
    this.#again ??= setTimeout(() => {
      this.#again = null;
      this.flush();
      if (!this.#broken) this.#syncSoon();
      this.#againLater();
    }, againMs);
    this.#again.unref();
  }

  /** Settlements first: theirs are the older reservations. */
  #append(reserves: readonly ReserveRow[]): Error | null {
    try {
      if (this.#broken) this.#store.repair();
      this.#store.append([...this.#settles, ...reserves]);
      this.#settles = [];
      if (this.#broken) this.#onFault(null);
      this.#broken = false;
      return null;
    } catch (error) {
      // A full file has room for settlements still.
      if (reserves.length > 0 && this.#settles.length > 0) this.#append([]);
      return this.#failed(error);
    }
  }

  async #sync(): Promise<Error | null> {
    try {
      await this.#store.sync();
      return null;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Error {
    const known = error instanceof Error ? error : new Error(String(error));
    this.#broken = true;
    this.#onFault(known);
    return known;
  }

  #syncSoon(): void {
    this.#idleSync ??= setTimeout(() => {
      this.#idleSync = null;
      void this.#sync();
    }, settleSyncMs);
    this.#idleSync.unref();
  }

  /** Nothing is written after this; what waits for a reservation is told so. */
  close(): void {
    if (this.#idleSync !== null) clearTimeout(this.#idleSync);
    if (this.#again !== null) clearTimeout(this.#again);
    const closed = new Error('it was closed');
    for (const { written } of this.#reserves.splice(0)) written(closed);
    this.flush();
  }
}
