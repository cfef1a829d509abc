// The ledger: every reservation is a row before its call is made, every settlement a row after.
// Rows are only ever added. Many readers, one writer: whoever holds the lock beside it.

import { chmodSync, closeSync, fdatasync, fdatasyncSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Claim, Route, Settlement } from './claim.ts';
import { migrateLedger } from './ledger-schema.ts';
import { SpentSums } from './spent-sums.ts';

export interface ReserveRow {
  readonly kind: 'reserve';
  readonly seq: number;
  readonly atMs: number;
  readonly nanoUsd: number;
  readonly claim: Claim;
  /** Those that the call may take. */
  readonly routes: readonly Route[];
}

export interface SettleRow {
  readonly kind: 'settle';
  readonly atMs: number;
  readonly reserved: ReserveRow;
  readonly settlement: Settlement;
}

export type Row = ReserveRow | SettleRow;

const pageBytes = 4_096;
/** Kept free for settlements: they must find room when reservations no longer do. */
const sparePages = 64;

/** Rows between two marks: what a start has to look at. */
const rowsPerMark = 10_000;

const insert = `INSERT INTO entries (seq, kind, reserve_seq, reserved_at_ms, at_ms, nano_usd,
  request_id, caller, key, session, heartbeat, model, provider, deployment, routes,
  how, saved_nano_usd, input, cache_read, cache_write, cache_write_1h, output, tool_uses,
  tools_nano_usd)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const insertMark = `INSERT INTO entries (seq, kind, reserve_seq, at_ms, nano_usd)
  VALUES (?, 'mark', ?, ?, 0)`;

export class Ledger implements Disposable {
  readonly #database: DatabaseSync;
  readonly #lock: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #pageCount: StatementSync;
  readonly sums: SpentSums;
  readonly #pagesMax: number;
  readonly #wal: number;
  #nextSeq: number;
  /** Reservations without a settlement on file, also those not on file yet; the oldest first. */
  readonly #unsettled = new Set<number>();
  #rowsSinceMark = 0;

  /** @throws what SQLite and the file system throw: locked, read-only, not a database, full */
  constructor(stateDir: string, bytesMax: number) {
    using opening = new DisposableStack();
    this.#lock = opening.adopt(lockLedger(stateDir), (lock) => lock.close());
    const file = join(stateDir, 'ledger.sqlite');
    const database = new DatabaseSync(file, { timeout: 250 });
    this.#database = opening.adopt(database, () => database.close());
    this.#pagesMax = Math.max(2 * sparePages, Math.floor(bytesMax / pageBytes));
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(`PRAGMA journal_size_limit = 4194304; PRAGMA max_page_count = ${this.#pagesMax}`);
    migrateLedger(database);
    chmodSync(file, 0o600);
    this.#insert = database.prepare(insert);
    this.#pageCount = database.prepare('PRAGMA page_count');
    const last = database.prepare('SELECT COALESCE(MAX(seq), 0) AS seq FROM entries').get();
    this.#nextSeq = Number(last?.seq) + 1;
    this.#settleLost();
    this.sums = new SpentSums(database);
    this.#together(() => this.sums.sumUntil(this.#nextSeq - 1));
    // The commit above was synced by SQLite, folder included; from here on sync() does it, for
    // many at once and not on this thread.
    database.exec('PRAGMA synchronous = NORMAL');
    this.#wal = openSync(`${file}-wal`, 'r');
    opening.move();
  }

  /** The number of a reservation that is going to be made. */
  reserveSeq(): number {
    const seq = this.#nextSeq++;
    this.#unsettled.add(seq);
    return seq;
  }

  /** It was not promised to anybody, or cost nothing: there is nothing to settle. */
  forget(seq: number): void {
    this.#unsettled.delete(seq);
  }

  /** The latest moment in any row; 0 when there is none. */
  lastAtMs(): number {
    // Within a group a settlement may stand after a reservation that is some milliseconds younger.
    const latest = 'SELECT at_ms FROM entries ORDER BY seq DESC LIMIT 10000';
    const row = this.#database.prepare(`SELECT MAX(at_ms) AS last FROM (${latest})`).get();
    return Number(row?.last ?? 0);
  }

  /** What room is left is for settlements. */
  isFull(): boolean {
    return Number(this.#pageCount.get()?.page_count) > this.#pagesMax - sparePages;
  }

  /** All or none. Safe from a crash of this process; from one of the machine after sync(). */
  append(rows: readonly Row[]): void {
    if (fstatSync(this.#wal).nlink === 0) throw new Error('its file was removed');
    const marks = this.#rowsSinceMark + rows.length > rowsPerMark;
    this.#together(() => {
      // Asked for in here, where it needs no lock of its own.
      const full = this.isFull();
      if (full && rows.some(({ kind }) => kind === 'reserve')) throw new Error('it is full');
      for (const row of rows) this.#write(row);
      if (marks) this.#mark(rows.at(-1)?.atMs ?? 0);
      // What is not summed up is added up when it is asked for: room is for settlements.
      if (!full && this.sums.isDue(this.#nextSeq)) this.sums.sumUntil(this.#nextSeq - 1);
    });
    for (const row of rows) if (row.kind === 'settle') this.#unsettled.delete(row.reserved.seq);
    this.#rowsSinceMark = marks ? 0 : this.#rowsSinceMark + rows.length;
  }

  /** Resolves when what was appended before is on the disk. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#wal, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** After a sync that failed the log's pages may be lost unnoticed: the file itself is synced. */
  repair(): void {
    this.#database.exec('PRAGMA synchronous = FULL');
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#database.exec('PRAGMA synchronous = NORMAL');
  }

  [Symbol.dispose](): void {
    fdatasyncSync(this.#wal);
    closeSync(this.#wal);
    this.#database.close();
    this.#lock.close();
  }

  #write(row: Row): void {
    const { kind, atMs } = row;
    const reserved = kind === 'reserve' ? row : row.reserved;
    const { requestId, caller, key, session, heartbeat, model } = reserved.claim;
    const who = [requestId, caller, key, session, heartbeat ? 1 : 0] as const;
    const [first, ...more] = reserved.routes;
    const routes = more.length === 0 ? null : JSON.stringify(reserved.routes);
    const nothing = Array<null>(9).fill(null);
    if (kind === 'reserve') {
      const [seq, { nanoUsd }] = [row.seq, row];
      const where = [model, first?.provider ?? null, first?.deployment ?? null] as const;
      this.#insert.run(seq, kind, null, null, atMs, nanoUsd, ...who, ...where, routes, ...nothing);
      return;
    }
    const { nanoUsd, how, usage, route, savedNanoUsd, tools } = row.settlement;
    const taken = route ?? { model, provider: first?.provider ?? null, deployment: null };
    const where = [taken.model, taken.provider, taken.deployment] as const;
    const unknown = route === null && nanoUsd > 0 ? routes : null;
    const tokens = usage ?? { input: null, cacheRead: null, cacheWrite: null, output: null };
    const oneHour = usage?.cacheWrite1h ?? null;
    this.#insert.run(
      ...[this.#nextSeq++, kind, reserved.seq, reserved.atMs, atMs, nanoUsd, ...who, ...where],
      ...[unknown, how, savedNanoUsd, tokens.input, tokens.cacheRead, tokens.cacheWrite],
      ...[oneHour, tokens.output, tools?.uses ?? null, tools?.nanoUsd ?? null],
    );
  }

  /** What a process left open when it died counts as spent in full, wherever it could have gone. */
  #settleLost(): void {
    const since = "SELECT COALESCE(MAX(reserve_seq), 0) FROM entries WHERE kind = 'mark'";
    this.#together(() => {
      const atMs = this.lastAtMs();
      const open = this.#database
        .prepare(
          `SELECT * FROM entries r WHERE kind = 'reserve' AND seq >= (${since}) AND NOT EXISTS
           (SELECT 1 FROM entries s WHERE s.kind = 'settle' AND s.reserve_seq = r.seq)`,
        )
        .all();
      for (const row of open) {
        this.#insert.run(
          ...[this.#nextSeq++, 'settle', row.seq ?? null, row.at_ms ?? null, atMs],
          ...[row.nano_usd ?? null, row.request_id ?? null, row.caller ?? null, row.key ?? null],
          ...[row.session ?? null, row.heartbeat ?? null, row.model ?? null, row.provider ?? null],
          ...[row.deployment ?? null, row.routes ?? null, 'lost', 0],
          ...Array<null>(7).fill(null),
        );
      }
      this.#mark(atMs);
    });
  }

  #mark(atMs: number): void {
    const seq = this.#nextSeq++;
    const [oldest = seq] = this.#unsettled;
    this.#database.prepare(insertMark).run(seq, oldest, atMs);
  }

  #together(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Held as long as it is open, and let go by the system when the process ends in any way. */
function lockLedger(stateDir: string): DatabaseSync {
  const lock = new DatabaseSync(join(stateDir, 'ledger.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}
