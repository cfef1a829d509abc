// Questions to the ledger about what was spent: sums by whatever a row names, and the calls
// themselves. It only reads, so it may run beside the process that writes.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ledgerVersion } from '../money/ledger-schema.ts';

export const spendGroups = [
  'model',
  'key',
  'session',
  'provider',
  'deployment',
  'caller',
  'hour',
  'day',
  'heartbeat',
] as const;
export type SpendGroup = (typeof spendGroups)[number];

export interface SpendRange {
  /** By the time of the reservation, in milliseconds since the epoch; `untilMs` not included. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface SpendFilter extends SpendRange {
  readonly key?: string | undefined;
  readonly requestId?: string | undefined;
  readonly session?: string | undefined;
}

export interface SpendSum {
  readonly calls: number;
  readonly spentNanoUsd: number;
  /** Of it: calls that the agent made by itself, by the clock. */
  readonly heartbeatNanoUsd: number;
  /** Of it: what the provider did not count to the end, so what it can have come to at most. */
  readonly uncountedNanoUsd: number;
  /** By prompt caching at the provider. */
  readonly savedNanoUsd: number;
  /** Calls that were not made, because the cache had the answer, and what they would have cost. */
  readonly cachedCalls: number;
  readonly cachedNanoUsd: number;
  /** Of it: tools that ran at the provider, by the use. */
  readonly toolsNanoUsd: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** What one key spent on one model in a day. */
export interface SpendDetail {
  readonly dayMs: number;
  readonly key: string;
  readonly model: string;
  readonly spentNanoUsd: number;
  readonly input: number;
  readonly output: number;
}

export interface SpendCall {
  readonly requestId: string;
  readonly atMs: number;
  readonly endedMs: number;
  readonly caller: string;
  readonly key: string;
  readonly session: string | null;
  readonly heartbeat: boolean;
  readonly model: string;
  readonly provider: string;
  readonly deployment: string;
  readonly how: string;
  readonly reservedNanoUsd: number;
  readonly spentNanoUsd: number;
  readonly toolUses: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

const dayMs = 86_400_000;
const column: Readonly<Record<SpendGroup, string>> = {
  model: "COALESCE(model, '')",
  key: "COALESCE(key, '')",
  session: "COALESCE(session, '')",
  provider: "COALESCE(provider, '')",
  deployment: "COALESCE(provider || '/' || deployment, '')",
  caller: "COALESCE(caller, '')",
  hour: `CAST(reserved_at_ms / 3600000 * 3600000 AS TEXT)`,
  day: `CAST(reserved_at_ms / ${dayMs} * ${dayMs} AS TEXT)`,
  heartbeat: "CASE heartbeat WHEN 1 THEN 'heartbeat' ELSE 'asked for' END",
};

const sums = `COUNT(*) AS calls, COALESCE(SUM(how = 'cached'), 0) AS cachedCalls,
  COALESCE(SUM(CASE how WHEN 'cached' THEN saved_nano_usd ELSE 0 END), 0) AS cachedNanoUsd,
  COALESCE(SUM(nano_usd), 0) AS spentNanoUsd,
  COALESCE(SUM(CASE heartbeat WHEN 1 THEN nano_usd ELSE 0 END), 0) AS heartbeatNanoUsd,
  COALESCE(SUM(CASE WHEN how IN ('kept', 'lost', 'input-counted', 'produced') THEN nano_usd ELSE 0 END), 0)
    AS uncountedNanoUsd,
  COALESCE(SUM(tools_nano_usd), 0) AS toolsNanoUsd,
  COALESCE(SUM(CASE how WHEN 'cached' THEN 0 ELSE saved_nano_usd END), 0) AS savedNanoUsd,
  COALESCE(SUM(input), 0) AS input,
  COALESCE(SUM(cache_read), 0) AS cacheRead,
  COALESCE(SUM(cache_write), 0) + COALESCE(SUM(cache_write_1h), 0) AS cacheWrite,
  COALESCE(SUM(output), 0) AS output`;

export class SpendBook implements Disposable {
  readonly #database: DatabaseSync;

  /** @throws Error where there is no ledger, or one of another version */
  constructor(stateDir: string) {
    const file = join(stateDir, 'ledger.sqlite');
    if (!existsSync(file)) throw new Error(`there is no ledger in ${stateDir}`);
    using opening = new DisposableStack();
    const database = opening.use(new DatabaseSync(file, { readOnly: true, timeout: 1_000 }));
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version !== ledgerVersion) {
      throw new Error(`the ledger in ${stateDir} is of another version of clincher (${version})`);
    }
    opening.move();
    this.#database = database;
  }

  total(filter: SpendFilter): SpendSum {
    const [where, values] = conditions(filter);
    const row = this.#database.prepare(`SELECT ${sums} FROM entries ${where}`).get(...values);
    return row as unknown as SpendSum;
  }

  /** The dearest first; times in their order. */
  by(
    group: SpendGroup,
    filter: SpendFilter,
    groupsMax: number,
  ): readonly (SpendSum & { readonly name: string })[] {
    const [where, values] = conditions(filter);
    const order = group === 'hour' || group === 'day' ? 'name' : 'spentNanoUsd DESC, name';
    const text = `SELECT ${column[group]} AS name, ${sums} FROM entries ${where}
      GROUP BY 1 ORDER BY ${order} LIMIT ?`;
    const rows = this.#database.prepare(text).all(...values, groupsMax);
    return rows as unknown as (SpendSum & { name: string })[];
  }

  /** The earliest day first, and of each the dearest. */
  details(filter: SpendFilter, rowsMax: number): readonly SpendDetail[] {
    const [where, values] = conditions(filter);
    const text = `SELECT CAST(${column.day} AS INTEGER) AS dayMs, ${column.key} AS key,
        ${column.model} AS model, COALESCE(SUM(nano_usd), 0) AS spentNanoUsd,
        COALESCE(SUM(input), 0) + COALESCE(SUM(cache_read), 0) + COALESCE(SUM(cache_write), 0)
          + COALESCE(SUM(cache_write_1h), 0) AS input,
        COALESCE(SUM(output), 0) AS output
      FROM entries ${where} GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2, 3 LIMIT ?`;
    const rows = this.#database.prepare(text).all(...values, rowsMax);
    return rows as unknown as SpendDetail[];
  }

  /** The latest first. */
  calls(filter: SpendFilter, callsMax: number): readonly SpendCall[] {
    const [where, values] = conditions(filter);
    const text = `SELECT request_id AS requestId, reserved_at_ms AS atMs, at_ms AS endedMs, caller,
        key, session, heartbeat, model, provider, deployment, how,
        (SELECT r.nano_usd FROM entries r WHERE r.seq = entries.reserve_seq) AS reservedNanoUsd,
        nano_usd AS spentNanoUsd, COALESCE(tool_uses, 0) AS toolUses,
        COALESCE(input, 0) AS input, COALESCE(cache_read, 0) AS cacheRead,
        COALESCE(cache_write, 0) + COALESCE(cache_write_1h, 0) AS cacheWrite,
        COALESCE(output, 0) AS output
      FROM entries ${where} ORDER BY seq DESC LIMIT ?`;
    return this.#database
      .prepare(text)
      .all(...values, callsMax)
      .map((row) => ({ ...row, heartbeat: row.heartbeat === 1 }) as unknown as SpendCall);
  }

  /** Reserved since the process that writes was started, and not settled yet. */
  underWayNanoUsd(): number {
    const row = this.#database
      .prepare(
        `SELECT COALESCE(SUM(nano_usd), 0) AS open FROM entries r WHERE kind = 'reserve'
         AND seq >= (SELECT COALESCE(MAX(reserve_seq), 0) FROM entries WHERE kind = 'mark')
         AND NOT EXISTS (SELECT 1 FROM entries s WHERE s.kind = 'settle' AND s.reserve_seq = r.seq)`,
      )
      .get();
    return Number(row?.open ?? 0);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function conditions(filter: SpendFilter): readonly [string, readonly (string | number)[]] {
  const { fromMs, untilMs } = filter;
  const named = Object.entries({
    key: filter.key,
    request_id: filter.requestId,
    session: filter.session,
  }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const texts = named.map(([name]) => ` AND ${name} = ?`).join('');
  return [
    `WHERE kind = 'settle' AND reserved_at_ms >= ? AND reserved_at_ms < ?${texts}`,
    [fromMs, untilMs, ...named.map(([, value]) => value)],
  ];
}
