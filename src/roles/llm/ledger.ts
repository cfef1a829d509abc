// The ledger: every reservation is a row before its call is made, every settlement a row after.
// Rows are only ever added. What was reserved and never settled, because the process died, counts
// as spent.

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { TokenUsage } from '../../policy/llm-cost.ts';

export interface ReserveRow {
  readonly reservation: string;
  readonly atMs: number;
  readonly nanoUsd: number;
  readonly requestId: string;
  readonly caller: string;
  readonly key: string;
  readonly model: string;
  readonly provider: string;
}

export interface SettleRow {
  readonly reservation: string;
  readonly atMs: number;
  readonly nanoUsd: number;
  /** How the amount came about: see Settled in budget.ts. */
  readonly how: string;
  readonly usage: TokenUsage | null;
}

export interface Ledger extends Disposable {
  /** Durable when it returns. Throws what SQLite throws: full, read-only, I/O error. */
  reserve(row: ReserveRow): void;
  settle(row: SettleRow): void;
  /**
   * Settled amounts, and reserved ones never settled, of reservations made at or after a moment.
   */
  spentSince(atMs: number): number;
  /** The latest moment in any row; 0 when there is none. */
  lastAtMs(): number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('reserve', 'settle')),
    reservation TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL CHECK (nano_usd >= 0),
    request_id TEXT, caller TEXT, key TEXT, model TEXT, provider TEXT,
    how TEXT, input INTEGER, cache_read INTEGER, cache_write INTEGER, output INTEGER,
    UNIQUE (reservation, kind)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entries_by_time ON entries (kind, at_ms);
  CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;
  CREATE TRIGGER IF NOT EXISTS entries_remain BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;
`;
const pageBytes = 4096;

/**
 * Opens or makes `ledger.sqlite` in the folder. WAL with synchronous=FULL: a commit is on the
 * disk when it returns, also through a power cut. The exclusive lock keeps a second process from
 * spending the same budget.
 */
export function openLedger(stateDir: string, bytesMax: number): Ledger {
  const file = join(stateDir, 'ledger.sqlite');
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;');
    database.exec('PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304;');
    database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / pageBytes))};`);
    database.exec(schema);
    chmodSync(file, 0o600);
    return new SqliteLedger(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

class SqliteLedger implements Ledger {
  readonly #database: DatabaseSync;
  readonly #reserve: StatementSync;
  readonly #settle: StatementSync;
  readonly #spent: StatementSync;
  readonly #last: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#reserve = database.prepare(
      `INSERT INTO entries (kind, reservation, at_ms, nano_usd, request_id, caller, key, model, provider)
       VALUES ('reserve', ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#settle = database.prepare(
      `INSERT INTO entries (kind, reservation, at_ms, nano_usd, how, input, cache_read, cache_write, output)
       VALUES ('settle', ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#spent = database.prepare(
      `SELECT COALESCE(SUM(COALESCE(s.nano_usd, r.nano_usd)), 0) AS spent FROM entries r
       LEFT JOIN entries s ON s.reservation = r.reservation AND s.kind = 'settle'
       WHERE r.kind = 'reserve' AND r.at_ms >= ?`,
    );
    this.#last = database.prepare('SELECT COALESCE(MAX(at_ms), 0) AS last FROM entries');
  }

  reserve(row: ReserveRow): void {
    const { reservation, atMs, nanoUsd, requestId, caller, key, model, provider } = row;
    this.#reserve.run(reservation, atMs, nanoUsd, requestId, caller, key, model, provider);
  }

  settle({ reservation, atMs, nanoUsd, how, usage }: SettleRow): void {
    const cacheWrite = usage === null ? null : usage.cacheWrite + usage.cacheWrite1h;
    const [input, cacheRead] = [usage?.input ?? null, usage?.cacheRead ?? null];
    const output = usage?.output ?? null;
    this.#settle.run(reservation, atMs, nanoUsd, how, input, cacheRead, cacheWrite, output);
  }

  spentSince(atMs: number): number {
    return Number(this.#spent.get(atMs)?.spent ?? 0);
  }

  lastAtMs(): number {
    return Number(this.#last.get()?.last ?? 0);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
