// The sums of the ledger against a plain sum over its rows: for every scope, window and moment the
// same, whatever was written in which order and wherever the process ended.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { countsFrom, sliceMsOf, sliceOf, type Window } from '../../../policy/llm-window.ts';
import { claim, noon, route, settlement } from '../../../testing/wallets.ts';
import { Ledger, type SettleRow } from './ledger.ts';
import { type Scope, subjectOf } from './rules.ts';
import { rowsByNumber, rowsByTime } from './spent-sums.ts';

const hourMs = 3_600_000;
const windows: readonly Window[] = [
  ...(['hour', 'day', 'week', 'month', 'total'] as const),
  ...[60_000, 5 * hourMs, 7 * 24 * hourMs].map((rollingMs) => ({ rollingMs })),
  { everyMs: 30_000, fromMs: noon - 7_000_123 },
  { everyMs: 5 * hourMs + 17, fromMs: noon - 900_123_456 },
];
const scopes: readonly Scope[] = (
  ['all', 'key', 'session', 'model', 'provider', 'key-model'] as const
).map((by) => ({ by, name: null }));

interface Spent {
  readonly agoMs: number;
  readonly nanoUsd: number;
  readonly key: string;
  readonly session: string | null;
  readonly places: readonly (readonly [string, string])[];
}

const name = (prefix: string) => fc.constantFrom(`${prefix}1`, `${prefix}2`);
const spent: fc.Arbitrary<Spent> = fc.record({
  agoMs: fc.oneof(fc.nat(90_000), fc.nat(3 * hourMs), fc.nat(40 * 24 * hourMs)),
  nanoUsd: fc.nat(1_000),
  key: name('k'),
  session: fc.option(name('s')),
  places: fc.array(fc.tuple(name('p'), name('m')), { minLength: 1, maxLength: 3 }),
});

function rowOf({ agoMs, nanoUsd, key, session, places }: Spent, seq: number): SettleRow {
  const routes = places.map(([provider, model]) => route(nanoUsd, provider, model));
  const of = claim(nanoUsd, { key, session, routes, model: routes[0]?.model ?? '' });
  const atMs = noon - agoMs;
  const reserved = { kind: 'reserve', seq, atMs, nanoUsd, claim: of, routes } as const;
  // Where several were open to it, nobody knows which it took.
  const [taken = null] = routes.length === 1 ? routes : [];
  return {
    kind: 'settle',
    atMs: noon,
    reserved,
    settlement: settlement(nanoUsd, { route: taken }),
  };
}

/** Straight from the rows, with the same question as a budget asks. */
function plain(rows: readonly SettleRow[], scope: Scope, subject: string) {
  return rows.flatMap(({ reserved, settlement: { nanoUsd } }) => {
    const isOf = reserved.routes.some((one) => subjectOf(scope, reserved.claim, one) === subject);
    return isOf ? [[reserved.atMs, nanoUsd] as const] : [];
  });
}

function within(amounts: readonly (readonly [number, number])[], window: Window, nowMs: number) {
  const from = countsFrom(window, nowMs);
  const counted = amounts.filter(([atMs]) => sliceOf(window, atMs) >= from);
  return counted.reduce((sum, [, nanoUsd]) => sum + nanoUsd, 0);
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'clincher-sums-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('the sums are those of the rows, by every scope and window, now and later', () => {
  const batches = fc.array(fc.tuple(fc.array(spent, { maxLength: 40 }), fc.boolean()), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(batches, (given) =>
      inFolder((folder) => {
        let ledger = new Ledger(folder, 1e8);
        const rows: SettleRow[] = [];
        for (const [some, restarts] of given) {
          const added = some.map((one, at) => rowOf(one, 1_000_000 + rows.length + at));
          ledger.append(added);
          rows.push(...added);
          if (!restarts) continue;
          ledger[Symbol.dispose]();
          ledger = new Ledger(folder, 1e8);
        }
        using open = ledger;
        for (const scope of scopes) for (const window of windows) check(open, rows, scope, window);
      }),
    ),
    { numRuns: 25 },
  );
});

function check(ledger: Ledger, rows: readonly SettleRow[], scope: Scope, window: Window): void {
  const since = { atMs: countsFrom(window, noon), sliceMs: sliceMsOf(window) };
  const of = ({ claim: one, routes }: SettleRow['reserved']) =>
    routes.flatMap((place) => subjectOf(scope, one, place) ?? []);
  const recent = rows.filter((row) => row.reserved.atMs >= since.atMs && row.reserved.nanoUsd > 0);
  const subjects = new Set(recent.flatMap(({ reserved }) => of(reserved)));
  const found = new Set(ledger.sums.subjectsSince(scope, since.atMs));
  for (const subject of subjects) {
    assert.ok(found.has(subject), `${scope.by} ${subject}`);
    const told = `${scope.by} ${subject} ${JSON.stringify(window)}`;
    const [sums, all] = [ledger.sums.since(scope, subject, since), plain(rows, scope, subject)];
    assert.equal(within(sums, window, noon), within(all, window, noon), told);
    // Rolling on, an amount may leave the window a step late, never early.
    for (const laterMs of [1_000, 61_000, hourMs, 26 * hourMs]) {
      const later = within(sums, window, noon + laterMs);
      assert.ok(later >= within(recentOf(all, since.atMs), window, noon + laterMs), told);
      const stepMs = Math.max(60_000, since.sliceMs ?? 0);
      if (since.sliceMs === null) continue;
      assert.ok(later <= within(all, window, noon + laterMs - stepMs), `late: ${told}`);
    }
  }
}

function recentOf(amounts: readonly (readonly [number, number])[], atMs: number) {
  return amounts.filter(([at]) => at >= atMs);
}

test('what is read for a question does not grow with the calls', () =>
  inFolder((folder) => {
    using ledger = new Ledger(folder, 1e9);
    const all = { by: 'all', name: null } as const;
    const since = { atMs: 0, sliceMs: null };
    const group = Array.from({ length: 1_000 }, (_, at) => ({
      ...{ agoMs: at * 40_000, nanoUsd: 3, key: 'k1', session: null },
      places: [['p1', 'm1'] as const],
    }));
    for (let round = 0; round < 20; round++) ledger.append(group.map(rowOf).map(numbered(round)));
    const amounts = ledger.sums.since(all, '', since);
    assert.equal(within(amounts, 'total', noon), 20 * 1_000 * 3);
    assert.ok(amounts.length < 300, `${amounts.length}`);
  }));

const numbered = (round: number) => (row: SettleRow, at: number) => ({
  ...row,
  reserved: { ...row.reserved, seq: 1_000_000 + round * 1_000 + at },
});

test('a sum and the row that it was made of are on the disk together, or neither is', () =>
  inFolder((folder) => {
    const row = rowOf(
      { ...{ agoMs: 0, nanoUsd: 5, key: 'k1' }, session: null, places: [['p1', 'm1']] },
      9,
    );
    {
      using ledger = new Ledger(folder, 1e8);
      ledger.append([row]);
      // The same reservation twice is refused, and with it all that was written beside it.
      const many = Array.from({ length: 600 }, (_, at) => numbered(1)(row, at));
      assert.throws(() => ledger.append([...many, row]), /UNIQUE/);
      ledger.append(many);
    }
    using database = new DatabaseSync(join(folder, 'ledger.sqlite'));
    const told = database
      .prepare("SELECT SUM(nano_usd) AS sum FROM sums WHERE scope = 'key' AND width_ms = 60000")
      .get();
    assert.equal(told?.sum, 601 * 5);
  }));

test('rows are looked for by what tells few of them from all', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clincher-sums-'));
  try {
    new Ledger(folder, 1e8)[Symbol.dispose]();
    using database = new DatabaseSync(join(folder, 'ledger.sqlite'));
    const wayOf = (sql: string) =>
      String(database.prepare(`EXPLAIN QUERY PLAN ${sql}`).get()?.detail);
    assert.match(wayOf(rowsByNumber), /USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/);
    assert.match(wayOf(rowsByTime), /USING INDEX entries_by_time/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
