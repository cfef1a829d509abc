// The tables of the ledger's file, and the way to them from the files of earlier versions.

import type { DatabaseSync } from 'node:sqlite';

/** In `PRAGMA user_version`. A file of a later version is left as it is. */
export const ledgerVersion = 3;

/**
 * One row when money is promised and one when the call has ended, which names the first by its
 * number. Numbers and times only grow, so a stretch of time is a stretch of numbers.
 */
const tables = `
  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('mark', 'reserve', 'settle')),
    -- Of a settlement: the reservation's number and time. Of a mark: every reservation with a
    -- lower number is settled, so a start need not look at them.
    reserve_seq INTEGER, reserved_at_ms INTEGER,
    at_ms INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL CHECK (nano_usd >= 0),
    request_id TEXT, caller TEXT, key TEXT, session TEXT, heartbeat INTEGER,
    model TEXT, provider TEXT, deployment TEXT,
    -- JSON, where more than one was open to the call and nobody knows which it took.
    routes TEXT,
    how TEXT, saved_nano_usd INTEGER,
    input INTEGER, cache_read INTEGER, cache_write INTEGER, cache_write_1h INTEGER, output INTEGER,
    -- Uses of tools that ran at the provider, and what of the amount they came to.
    tool_uses INTEGER, tools_nano_usd INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX entries_settled ON entries (reserve_seq) WHERE kind = 'settle';
  CREATE INDEX entries_marks ON entries (reserve_seq) WHERE kind = 'mark';
  CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;
  CREATE TRIGGER entries_remain BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;
`;

/**
 * What was spent, summed up by stretches of time, of the rows up to the one that `summed` names:
 * made from them, and never in place of them (spent-sums.ts).
 */
const sums = `
  CREATE INDEX entries_by_time ON entries (reserved_at_ms) WHERE kind = 'settle';
  CREATE TABLE summed (until_seq INTEGER NOT NULL) STRICT;
  INSERT INTO summed VALUES (0);
  CREATE TABLE sums (
    scope TEXT NOT NULL, subject TEXT NOT NULL, width_ms INTEGER NOT NULL, start_ms INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, subject, width_ms, start_ms)
  ) STRICT, WITHOUT ROWID;
`;

/** Version 2 had no sums, and no tools at the provider. */
const fromVersion2 = `
  DROP INDEX entries_by_session;
  ALTER TABLE entries ADD COLUMN tool_uses INTEGER;
  ALTER TABLE entries ADD COLUMN tools_nano_usd INTEGER;
`;

/** Version 1 had names for reservations, and one number for both kinds of cache writes. */
const fromVersion1 = `
  CREATE TEMP TABLE numbered AS SELECT reservation, seq, at_ms FROM old_entries
    WHERE kind = 'reserve';
  CREATE UNIQUE INDEX temp.numbered_by_name ON numbered (reservation);
  INSERT INTO entries (seq, kind, at_ms, nano_usd, request_id, caller, key, model, provider,
      deployment, heartbeat)
    SELECT seq, kind, at_ms, nano_usd, request_id, caller, key, model, provider, '', 0
    FROM old_entries WHERE kind = 'reserve';
  INSERT INTO entries (seq, kind, reserve_seq, reserved_at_ms, at_ms, nano_usd, request_id, caller,
      key, model, provider, deployment, heartbeat, how, saved_nano_usd, input, cache_read,
      cache_write, cache_write_1h, output)
    SELECT s.seq, s.kind, n.seq, n.at_ms, s.at_ms, s.nano_usd, r.request_id, r.caller, r.key,
      r.model, r.provider, '', 0, s.how, 0, s.input, s.cache_read, s.cache_write, 0, s.output
    FROM old_entries s JOIN temp.numbered n ON n.reservation = s.reservation
    JOIN old_entries r ON r.seq = n.seq WHERE s.kind = 'settle';
  DROP TABLE old_entries;
  DROP TABLE temp.numbered;
`;

/**
 * Leaves a file of this version, or of none, at this version, in one transaction.
 * @throws Error where the file is of a later one
 */
export function migrateLedger(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version === ledgerVersion) return;
  if (version > ledgerVersion) throw new Error(`it is of a later version of clincher (${version})`);
  const old = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'entries'").get();
  const isFirst = old !== undefined && version < 2;
  database.exec('BEGIN IMMEDIATE');
  try {
    if (isFirst) {
      database.exec('DROP TRIGGER entries_stay; DROP TRIGGER entries_remain;');
      database.exec('DROP INDEX entries_by_time; ALTER TABLE entries RENAME TO old_entries;');
    }
    database.exec(version === 2 ? fromVersion2 : tables);
    if (isFirst) database.exec(fromVersion1);
    database.exec(sums);
    database.exec(`PRAGMA user_version = ${ledgerVersion}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
