// The file behind the embedded store: what is in it was written whole, in one transaction with its
// neighbours, and each row says by a sum that it is what was written. It is written without waiting
// for the disk: after a power cut a page may be old, and the sum tells. A row is one piece under a
// number that grows, so that many are added at the end of one tree.

import { chmodSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { bufferOf, type FiledEntry, packEntry, unpackEntry } from './filed-entry.ts';

/** Null for what is there no more. */
export interface Changes {
  readonly entries: ReadonlyMap<number, FiledEntry | null>;
  readonly learned: ReadonlyMap<string, Buffer>;
}

const version = 2;
const rowsPerPage = 200;
const pageBytes = 4_096;

const tables = `
  CREATE TABLE about (embedding TEXT NOT NULL) STRICT;
  CREATE TABLE entries (serial INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
  CREATE TABLE learned (owner TEXT PRIMARY KEY, observations BLOB NOT NULL) STRICT;
  PRAGMA user_version = ${version};
`;

export class AnswerFile implements Disposable {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #learn: StatementSync;

  /**
   * Vectors of another embedding than `embedding` are dropped.
   * @throws what SQLite throws; OtherVersion
   */
  constructor(path: string, bytesMax: number, embedding: string) {
    using opening = new DisposableStack();
    this.#database = opening.adopt(new DatabaseSync(path, { timeout: 250 }), (it) => it.close());
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    const pages = Math.ceil(bytesMax / pageBytes);
    this.#database.exec(`PRAGMA journal_size_limit = 4194304; PRAGMA max_page_count = ${pages}`);
    this.#migrate(embedding);
    chmodSync(path, 0o600);
    this.#put = this.#database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?)');
    this.#delete = this.#database.prepare('DELETE FROM entries WHERE serial = ?');
    this.#learn = this.#database.prepare('INSERT OR REPLACE INTO learned VALUES (?, ?)');
    opening.move();
  }

  /** 0 where there is none. */
  lastSerial(): number {
    const last = this.#database.prepare('SELECT MAX(serial) AS serial FROM entries').get();
    return Number(last?.serial ?? 0);
  }

  /** The oldest first, some at a time; null for what is not whole. */
  *pages(): Generator<(readonly [serial: number, FiledEntry | null])[]> {
    const select = this.#database.prepare(
      'SELECT * FROM entries WHERE serial > ? ORDER BY serial LIMIT ?',
    );
    for (let after = 0; ; ) {
      const rows = select.all(after, rowsPerPage);
      if (rows.length === 0) return;
      after = Number(rows.at(-1)?.serial);
      yield rows.map(({ serial, entry }) => {
        const number = Number(serial);
        return [number, unpackEntry(number, bufferOf(entry))];
      });
    }
  }

  *learned(): Generator<readonly [owner: string, observations: Buffer]> {
    for (const row of this.#database.prepare('SELECT * FROM learned ORDER BY rowid').iterate()) {
      yield [String(row.owner), bufferOf(row.observations)];
    }
  }

  /** All or nothing. */
  write({ entries, learned }: Changes): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const [serial, entry] of entries) {
        if (entry === null) this.#delete.run(serial);
        else this.#put.run(serial, packEntry(entry));
      }
      for (const [owner, observations] of learned) this.#learn.run(owner, observations);
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  clear(): void {
    this.#database.exec('BEGIN IMMEDIATE; DELETE FROM entries; DELETE FROM learned; COMMIT');
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #migrate(embedding: string): void {
    const found = Number(this.#database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (found === 0) {
      this.#database.exec(`BEGIN IMMEDIATE; ${tables} COMMIT`);
      this.#database.prepare('INSERT INTO about VALUES (?)').run(embedding);
      return;
    }
    if (found !== version) throw new OtherVersion(`it is of another version (${found})`);
    const about = this.#database.prepare('SELECT embedding FROM about').get();
    if (about?.embedding === embedding) return;
    // What an entry learned was of the similarities of the other embedding.
    this.#database.exec('DELETE FROM entries; DELETE FROM learned');
    this.#database.prepare('UPDATE about SET embedding = ?').run(embedding);
  }
}

export class OtherVersion extends Error {}
