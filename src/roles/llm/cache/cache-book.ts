// What the cache has done, on the disk, and what the command line asks of it: that it be emptied.
// One process serves and writes the counts; another may read them and ask, whether it runs or not.

import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { CacheStats } from './answer-cache.ts';

/** The counts of `stats` are of all the time since `sinceMs`. */
export interface CacheAccount {
  readonly sinceMs: number;
  readonly atMs: number;
  readonly stats: CacheStats;
}

const version = 1;
const tables = `
  -- What it is that is counted: under other settings counting begins anew.
  CREATE TABLE account (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    of TEXT NOT NULL, since_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL, stats TEXT NOT NULL
  ) STRICT;
  CREATE TABLE clears (seq INTEGER PRIMARY KEY, asked_ms INTEGER NOT NULL, done_ms INTEGER) STRICT;
  PRAGMA user_version = ${version};
`;

export class CacheBook implements Disposable {
  readonly #database: DatabaseSync;
  readonly #write: StatementSync;
  readonly #asked: StatementSync;

  /** @throws Error where it cannot be opened, or is of another version */
  static open(stateDir: string): CacheBook {
    return new CacheBook(fileIn(stateDir));
  }

  /** @throws Error where no cache has ever kept one, or it is of another version */
  static existing(stateDir: string): CacheBook {
    const file = fileIn(stateDir);
    if (!existsSync(file)) throw new Error(`no cache has counted anything in ${stateDir}`);
    return new CacheBook(file);
  }

  private constructor(file: string) {
    using opening = new DisposableStack();
    const database = new DatabaseSync(file, { timeout: 1_000 });
    opening.adopt(database, (it) => it.close());
    const found = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (found === 0) {
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${tables}`);
      chmodSync(file, 0o600);
    } else if (found !== version) {
      throw new Error(`${file} is of another version of clincher (${found})`);
    }
    this.#write = database.prepare(
      `INSERT INTO account (one, of, since_ms, at_ms, stats) VALUES (1, ?, ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET of = excluded.of, since_ms = excluded.since_ms,
         at_ms = excluded.at_ms, stats = excluded.stats`,
    );
    this.#asked = database.prepare('SELECT MAX(seq) AS seq FROM clears WHERE done_ms IS NULL');
    this.#database = database;
    opening.move();
  }

  /** Null where nothing was counted, or it was `of` something else. */
  account(of: string | null = null): CacheAccount | null {
    const row = this.#database.prepare('SELECT * FROM account').get();
    if (row === undefined || (of !== null && row.of !== of)) return null;
    const stats: CacheStats = JSON.parse(String(row.stats));
    return { sinceMs: Number(row.since_ms), atMs: Number(row.at_ms), stats };
  }

  write(of: string, { sinceMs, atMs, stats }: CacheAccount): void {
    this.#write.run(of, sinceMs, atMs, JSON.stringify(stats));
  }

  /** The number by which it is asked whether it was done. */
  askClear(nowMs: number): number {
    const asked = this.#database.prepare('INSERT INTO clears (asked_ms) VALUES (?)').run(nowMs);
    return Number(asked.lastInsertRowid);
  }

  /** The last of those that are not done; null where there is none. */
  clearAsked(): number | null {
    const { seq = null } = this.#asked.get() ?? {};
    return seq === null ? null : Number(seq);
  }

  cleared(seq: number, nowMs: number): void {
    this.#database
      .prepare('UPDATE clears SET done_ms = ? WHERE seq <= ? AND done_ms IS NULL')
      .run(nowMs, seq);
  }

  isCleared(seq: number): boolean {
    const row = this.#database.prepare('SELECT done_ms FROM clears WHERE seq = ?').get(seq);
    return row !== undefined && row.done_ms !== null;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'cache-book.sqlite');
}
