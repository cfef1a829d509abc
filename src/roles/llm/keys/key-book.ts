// Where virtual keys are kept: a file of changes that only grows, so that who may do what since
// when can be read back. The server and the command line both write to it.

import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KnownKey } from './key-merge.ts';
import type { KeyRecord } from './key-record.ts';

export const keyActions = [
  'generate',
  'update',
  'block',
  'unblock',
  'regenerate',
  'delete',
  // As another instance told it, which may be that it is gone.
  'taken',
  'taken-gone',
] as const;
export type KeyAction = (typeof keyActions)[number];

const schema = `
  CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    action TEXT NOT NULL,
    key TEXT NOT NULL,
    -- The whole key after the change, as JSON.
    record TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER IF NOT EXISTS changes_stay BEFORE UPDATE ON changes
    BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;
  CREATE TRIGGER IF NOT EXISTS changes_remain BEFORE DELETE ON changes
    BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;
`;

export const keysMax = 100_000;

export class KeyBook implements Disposable {
  readonly #database: DatabaseSync;
  readonly #add: StatementSync;
  readonly #version: StatementSync;
  #seenVersion: unknown = null;
  #byName: ReadonlyMap<string, KeyRecord> = new Map();
  #byDigest: ReadonlyMap<string, KeyRecord> = new Map();
  #gone: ReadonlyMap<string, KeyRecord> = new Map();

  /** @throws what SQLite throws: no folder, no right, not a database */
  constructor(stateDir: string) {
    const file = join(stateDir, 'keys.sqlite');
    this.#database = new DatabaseSync(file, { timeout: 1_000 });
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    this.#database.exec(schema);
    chmodSync(file, 0o600);
    this.#version = this.#database.prepare('PRAGMA data_version');
    this.#add = this.#database.prepare(
      'INSERT INTO changes (at_ms, action, key, record) VALUES (?, ?, ?, ?)',
    );
    this.refresh();
  }

  /** Every key that was not deleted, in the order in which they were made. */
  all(): readonly KeyRecord[] {
    return [...this.#byName.values()];
  }

  byName(name: string): KeyRecord | null {
    return this.#byName.get(name) ?? null;
  }

  byDigest(digest: string): KeyRecord | null {
    return this.#byDigest.get(digest) ?? null;
  }

  /** On the disk when it returns. */
  change(action: KeyAction, record: KeyRecord, atMs: number): void {
    this.#add.run(atMs, action, record.name, JSON.stringify(record));
    this.#load();
  }

  /** Null where there never was such a key here. */
  known(name: string): KnownKey | null {
    const record = this.#byName.get(name) ?? this.#gone.get(name);
    return record === undefined ? null : { record, isGone: this.#gone.has(name) };
  }

  /** Every key that ever was. */
  names(): readonly string[] {
    return [...this.#byName.keys(), ...this.#gone.keys()];
  }

  /** What another instance told. On the disk when it returns: it holds after a restart too. */
  take(keys: readonly KnownKey[], atMs: number): void {
    if (keys.length === 0) return;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const { record, isGone } of keys) {
        const action: KeyAction = isGone ? 'taken-gone' : 'taken';
        this.#add.run(atMs, action, record.name, JSON.stringify(record));
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
    this.#load();
  }

  /** Which keys were changed here after a row, and the last row there is. */
  changedSince(row: number): { readonly names: readonly string[]; readonly row: number } {
    const rows = this.#database
      .prepare("SELECT seq, key FROM changes WHERE seq > ? AND action NOT LIKE 'taken%'")
      .all(row);
    const last = Math.max(row, ...rows.map(({ seq }) => Number(seq)));
    return { names: [...new Set(rows.map(({ key }) => String(key)))], row: last };
  }

  /** Takes in what another process has written since. */
  refresh(): void {
    const version = this.#version.get()?.data_version;
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    this.#load();
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #load(): void {
    const names = new Map<string, KeyRecord>();
    const gone = new Map<string, KeyRecord>();
    const rows = this.#database.prepare('SELECT action, key, record FROM changes ORDER BY seq');
    for (const { action, key, record } of rows.iterate()) {
      const isGone = action === 'delete' || action === 'taken-gone';
      const name = String(key);
      if (isGone) names.delete(name);
      else gone.delete(name);
      (isGone ? gone : names).set(name, JSON.parse(String(record)));
    }
    this.#byName = names;
    this.#gone = gone;
    this.#byDigest = new Map([...names.values()].map((one) => [one.digest, one]));
  }
}

/** Keys are 256 random bits, so their digest gives nothing away and needs no salt. */
export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
