// The file behind the embedded store: what is in it was written whole, in one transaction with its
// neighbours, and each row says by a sum that it is what was written. It is written without waiting
// for the disk: after a power cut a page may be old, and the sum tells.

import { chmodSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { CachedAnswer, CacheEntry } from '../../../../policy/llm-cache/types.ts';
import type { Quantized } from '../vectors/vector-rows.ts';

export interface FiledEntry {
  readonly id: string;
  readonly owner: string;
  readonly question: CacheEntry['question'];
  readonly answer: CachedAnswer;
  readonly learned: Buffer | null;
  readonly vector: Quantized | null;
}

/** Null for what is there no more. */
export interface Changes {
  readonly entries: ReadonlyMap<string, FiledEntry | null>;
  readonly learned: ReadonlyMap<string, Buffer>;
}

const version = 1;
const rowsPerPage = 200;
const pageBytes = 4_096;

const tables = `
  CREATE TABLE about (embedding TEXT NOT NULL) STRICT;
  CREATE TABLE entries (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, scope TEXT, text TEXT,
    content_type TEXT NOT NULL, body BLOB NOT NULL, created_ms REAL NOT NULL,
    until_ms REAL NOT NULL, request_id TEXT NOT NULL, cost_nano_usd REAL NOT NULL,
    provider TEXT NOT NULL, deployment TEXT NOT NULL,
    learned BLOB, vector BLOB, sum INTEGER NOT NULL
  ) STRICT;
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
    const columns = Array(15).fill('?').join(', ');
    this.#put = this.#database.prepare(`INSERT OR REPLACE INTO entries VALUES (${columns})`);
    this.#delete = this.#database.prepare('DELETE FROM entries WHERE id = ?');
    this.#learn = this.#database.prepare('INSERT OR REPLACE INTO learned VALUES (?, ?)');
    opening.move();
  }

  /** The oldest first, some at a time. What is not whole is left out. */
  *pages(): Generator<FiledEntry[]> {
    const select = this.#database.prepare(
      'SELECT rowid, * FROM entries WHERE rowid > ? ORDER BY rowid LIMIT ?',
    );
    for (let after = 0; ; ) {
      const rows = select.all(after, rowsPerPage);
      if (rows.length === 0) return;
      after = Number(rows.at(-1)?.rowid);
      yield rows.flatMap((row) => entryOfRow(row) ?? []);
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
      for (const [id, entry] of entries) {
        if (entry === null) this.#delete.run(id);
        else this.#put.run(...valuesOf(entry));
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
    if (found > version) throw new OtherVersion(`it is of a later version of clincher (${found})`);
    if (found === 0) {
      this.#database.exec(`BEGIN IMMEDIATE; ${tables} COMMIT`);
      this.#database.prepare('INSERT INTO about VALUES (?)').run(embedding);
      return;
    }
    const about = this.#database.prepare('SELECT embedding FROM about').get();
    if (about?.embedding === embedding) return;
    // What an entry learned was of the similarities of the other embedding.
    this.#database.exec('DELETE FROM entries; DELETE FROM learned');
    this.#database.prepare('UPDATE about SET embedding = ?').run(embedding);
  }
}

export class OtherVersion extends Error {}

function valuesOf(entry: FiledEntry): SQLInputValue[] {
  const { id, owner, question, answer, learned, vector } = entry;
  const values = [
    ...[id, owner, question?.scope ?? null, question?.text ?? null],
    ...[answer.contentType, answer.body, answer.createdMs, answer.untilMs, answer.requestId],
    ...[answer.costNanoUsd, answer.provider, answer.deployment, learned],
    vector === null ? null : bytesOfVector(vector),
  ];
  return [...values, sumOf(values)];
}

function entryOfRow(row: Record<string, unknown>): FiledEntry | null {
  const { rowid: _, sum, ...columns } = row;
  const values = Object.values(columns).map((value) =>
    value instanceof Uint8Array ? bufferOf(value) : value,
  );
  if (sumOf(values) !== Number(sum)) return null;
  const [id, owner, scope, text, contentType, body, createdMs, untilMs, requestId] = values;
  const [costNanoUsd, provider, deployment, learned, vector] = values.slice(9);
  const question = scope === null ? null : { scope: String(scope), text: String(text) };
  return {
    id: String(id),
    owner: String(owner),
    question,
    answer: {
      contentType: String(contentType),
      body: body as Buffer,
      createdMs: Number(createdMs),
      untilMs: Number(untilMs),
      requestId: String(requestId),
      costNanoUsd: Number(costNanoUsd),
      provider: String(provider),
      deployment: String(deployment),
    },
    learned: learned as Buffer | null,
    vector: vector === null ? null : vectorOfBytes(vector as Buffer),
  };
}

function sumOf(values: readonly unknown[]): number {
  return values.reduce((sum: number, value) => {
    const bytes = Buffer.isBuffer(value) ? value : JSON.stringify(value);
    return crc32(bytes, crc32(`${bytes.length};`, sum));
  }, 0);
}

function bytesOfVector({ values, scale }: Quantized): Buffer {
  const bytes = Buffer.alloc(4 + values.length);
  bytes.writeFloatLE(scale);
  bytes.set(values, 4);
  return bytes;
}

function vectorOfBytes(bytes: Buffer): Quantized {
  const values = Int8Array.from(
    new Int8Array(bytes.buffer, bytes.byteOffset + 4, bytes.length - 4),
  );
  return { values, scale: bytes.readFloatLE(0) };
}

function bufferOf(value: unknown): Buffer {
  const { buffer, byteOffset, length } = value as Uint8Array<ArrayBuffer>;
  return Buffer.from(buffer, byteOffset, length);
}
