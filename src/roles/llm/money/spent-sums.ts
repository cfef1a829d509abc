// What was spent since a moment, of one budget's subject: from sums by the minute, the hour and the
// day, so that it costs the same after a million calls as after ten. The sums are made of the
// ledger's rows, in the transaction that writes some of them; later rows are read as they are.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type BudgetScope, type Scope, subjectOf } from './rules.ts';

export interface Since {
  readonly atMs: number;
  /** Amounts are told apart by stretches of at most this length; null: of any. */
  readonly sliceMs: number | null;
}

type Amount = readonly [atMs: number, nanoUsd: number];

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
const widthsMs = [minuteMs, hourMs, dayMs];
const scopes = ['all', 'key', 'session', 'model', 'provider', 'key-model'] as const;
/** Rows that are not summed up yet: what a question has to read besides. */
const rowsPerSum = 1_024;
/** Of one rule, as many as are kept in memory. */
const subjectsMax = 20_000;

const forever = Number.MAX_SAFE_INTEGER;
/** Bounds of a stretch, by the ledger's numbers and by time. */
const everything = { after: 0, until: forever, from: 0, to: forever };
const rowsBy = (time: string) => `SELECT nano_usd, reserved_at_ms, key, session, model, provider,
  routes FROM entries WHERE kind = 'settle' AND nano_usd > 0 AND seq > :after AND seq <= :until
  AND ${time} >= :from AND ${time} < :to`;
/**
 * Rows of a stretch of time, and rows after a number. Those the plus keeps SQLite from looking for
 * by their time: of a million it would read every one for each few hundred calls.
 */
export const [rowsByTime, rowsByNumber] = [rowsBy('reserved_at_ms'), rowsBy('+reserved_at_ms')];

export class SpentSums {
  readonly #add: StatementSync;
  readonly #setUntil: StatementSync;
  readonly #getUntil: StatementSync;
  readonly #rows: StatementSync;
  readonly #laterRows: StatementSync;
  readonly #stretches: StatementSync;
  readonly #subjects: StatementSync;
  /** As far as was committed, or a little further where a commit failed: a hint, for isDue(). */
  #until: number;

  constructor(database: DatabaseSync) {
    this.#add = database.prepare(`INSERT INTO sums VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET nano_usd = nano_usd + excluded.nano_usd,
        last_ms = MAX(last_ms, excluded.last_ms)`);
    this.#setUntil = database.prepare('UPDATE summed SET until_seq = ?');
    this.#getUntil = database.prepare('SELECT until_seq FROM summed');
    this.#rows = database.prepare(rowsByTime);
    this.#laterRows = database.prepare(rowsByNumber);
    this.#stretches = database.prepare(`SELECT last_ms AS at, nano_usd AS spent FROM sums
      WHERE scope = ? AND subject = ? AND width_ms = ? AND start_ms >= ? AND start_ms < ?`);
    this.#subjects = database.prepare(`SELECT DISTINCT subject FROM sums
      WHERE scope = ? AND width_ms = ? AND start_ms >= ? AND last_ms >= ? LIMIT ${subjectsMax}`);
    this.#until = this.#summedUntil();
  }

  isDue(nextSeq: number): boolean {
    return nextSeq - this.#until > rowsPerSum;
  }

  /** Within a transaction. No settlement with this number or a lower one is written afterwards. */
  sumUntil(seq: number): void {
    const minutes = new Map<string, Sum>();
    const after = this.#summedUntil();
    for (const row of this.#laterRows.iterate({ ...everything, after, until: seq })) {
      const [lastMs, nanoUsd] = amountOf(row);
      for (const by of scopes) {
        for (const subject of subjectsOf(row, by)) {
          addTo(minutes, minuteMs, { by, subject, nanoUsd, lastMs });
        }
      }
    }
    for (const width of widthsMs) {
      const sums = new Map<string, Sum>();
      for (const minute of minutes.values()) addTo(sums, width, minute);
      for (const { by, subject, nanoUsd, lastMs } of sums.values()) {
        this.#add.run(by, subject, width, startOf(lastMs, width), nanoUsd, lastMs);
      }
    }
    this.#setUntil.run(seq);
    this.#until = seq;
  }

  /** Settled amounts of reservations made at or after a moment, with the last of their moments. */
  since({ by }: Scope, subject: string, { atMs, sliceMs }: Since): readonly Amount[] {
    const widths = widthsMs.filter((width) => width === minuteMs || width <= (sliceMs ?? forever));
    const until = this.#summedUntil();
    const begins = Math.ceil(atMs / minuteMs) * minuteMs;
    const amounts = (rows: StatementSync, stretch: Partial<typeof everything>) =>
      rows
        .all({ ...everything, ...stretch })
        .flatMap((row) => (subjectsOf(row, by).includes(subject) ? [amountOf(row)] : []));
    return [
      ...amounts(this.#laterRows, { after: until, from: atMs }),
      ...amounts(this.#rows, { until, from: atMs, to: begins }),
      ...piecesFrom(begins, widths).flatMap(([width, from, to]) =>
        this.#stretches
          .all(by, subject, width, from, to)
          .map(({ at, spent }) => [Number(at), Number(spent)] as const),
      ),
    ];
  }

  /** Everybody who has spent under this scope at or after a moment. */
  subjectsSince({ by }: Scope, atMs: number): readonly string[] {
    const summed = this.#subjects.all(by, dayMs, startOf(atMs, dayMs), atMs);
    const added = this.#laterRows.all({ ...everything, after: this.#summedUntil(), from: atMs });
    const subjects = [
      ...summed.map(({ subject }) => String(subject)),
      ...added.flatMap((row) => [...subjectsOf(row, by)]),
    ];
    return [...new Set(subjects)];
  }

  #summedUntil(): number {
    return Number(this.#getUntil.get()?.until_seq);
  }
}

interface Sum {
  readonly by: BudgetScope;
  readonly subject: string;
  nanoUsd: number;
  lastMs: number;
}

function startOf(atMs: number, width: number): number {
  return Math.floor(atMs / width) * width;
}

function addTo(sums: Map<string, Sum>, width: number, added: Sum): void {
  const id = `${startOf(added.lastMs, width)} ${added.by} ${added.subject}`;
  const sum = sums.get(id);
  if (sum === undefined) {
    sums.set(id, { ...added });
    return;
  }
  sum.nanoUsd += added.nanoUsd;
  sum.lastMs = Math.max(sum.lastMs, added.lastMs);
}

/** Which sums tell of what: the wider ones as soon as one of them begins. */
function piecesFrom(begins: number, widths: readonly number[]) {
  let from = begins;
  return widths.map((width, at) => {
    const wider = widths[at + 1];
    const to = wider === undefined ? forever : Math.ceil(from / wider) * wider;
    const piece = [width, from, to] as const;
    from = to;
    return piece;
  });
}

type Row = Readonly<Record<string, unknown>>;

function amountOf({ reserved_at_ms, nano_usd }: Row): Amount {
  return [Number(reserved_at_ms), Number(nano_usd)];
}

/** One whose way nobody knows counts for every model and provider that it may have gone to. */
function subjectsOf(row: Row, by: BudgetScope): readonly string[] {
  const { key, session, model, provider, routes } = row;
  const who = { key: String(key), session: session === null ? null : String(session) };
  const own = { model: String(model), provider: String(provider) };
  const scope = { by, name: null };
  const first = subjectOf(scope, who, own);
  if (routes === null || first === null) return first === null ? [] : [first];
  const places: readonly (typeof own)[] = [own, ...JSON.parse(String(routes))];
  return [...new Set(places.flatMap((place) => subjectOf(scope, who, place) ?? []))];
}
