// The ledger's file: what stands in a row, files of earlier and later versions, reading it while it
// is written.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { budget, claim, noon, route, settlement, walletBench } from '../../../testing/wallets.ts';
import type { LedgerWallet } from './wallet.ts';

const day = [budget(1_000)];

function rowsOf(stateDir: string) {
  using database = new DatabaseSync(join(stateDir, 'ledger.sqlite'), { readOnly: true });
  return database.prepare("SELECT * FROM entries WHERE kind <> 'mark' ORDER BY seq").all();
}

async function spend(wallet: LedgerWallet, changes: Parameters<typeof claim>[1]) {
  const result = await wallet.reserve(claim(50, changes));
  assert.ok('reservation' in result);
  const usage = { input: 1, cacheRead: 2, cacheWrite: 3, cacheWrite1h: 4, output: 5 };
  wallet.settle(
    result.reservation,
    settlement(7, { usage, savedNanoUsd: 9, tools: { uses: 2, nanoUsd: 6 } }),
  );
}

test('every cent leads to its request: both rows carry who asked, what for and what it took', async () => {
  using at = walletBench();
  const wallet = at.open({ budgets: day });
  await spend(wallet, { requestId: 'req-1', session: 's1', heartbeat: true });
  wallet[Symbol.dispose]();
  const [reserve, settle] = rowsOf(at.stateDir);
  const who = { request_id: 'req-1', caller: 'gateway', key: 'agent', session: 's1', heartbeat: 1 };
  const where = { model: 'm', provider: 'p', deployment: 'm-1' };
  const { seq: _, ...promised } = { ...reserve };
  assert.deepEqual(promised, {
    ...{ kind: 'reserve', reserve_seq: null, reserved_at_ms: null, at_ms: noon, nano_usd: 50 },
    ...{ ...who, ...where, routes: null, how: null, saved_nano_usd: null, input: null },
    ...{ cache_read: null, cache_write: null, cache_write_1h: null, output: null },
    ...{ tool_uses: null, tools_nano_usd: null },
  });
  const { seq: __, ...spent } = { ...settle };
  assert.deepEqual(spent, {
    ...{
      kind: 'settle',
      reserve_seq: reserve?.seq,
      reserved_at_ms: noon,
      at_ms: noon,
      nano_usd: 7,
    },
    ...{ ...who, ...where, routes: null, how: 'counted', saved_nano_usd: 9, input: 1 },
    ...{ cache_read: 2, cache_write: 3, cache_write_1h: 4, output: 5 },
    ...{ tool_uses: 2, tools_nano_usd: 6 },
  });
});

/** As the first version made it, with a call settled, one lost and one of the day before. */
function firstVersion(stateDir: string): void {
  using database = new DatabaseSync(join(stateDir, 'ledger.sqlite'));
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE entries (
      seq INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('reserve', 'settle')),
      reservation TEXT NOT NULL, at_ms INTEGER NOT NULL,
      nano_usd INTEGER NOT NULL CHECK (nano_usd >= 0),
      request_id TEXT, caller TEXT, key TEXT, model TEXT, provider TEXT,
      how TEXT, input INTEGER, cache_read INTEGER, cache_write INTEGER, output INTEGER,
      UNIQUE (reservation, kind)
    ) STRICT;
    CREATE INDEX entries_by_time ON entries (kind, at_ms);
    CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
      BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;
    CREATE TRIGGER entries_remain BEFORE DELETE ON entries
      BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;`);
  const row = database.prepare(
    `INSERT INTO entries (kind, reservation, at_ms, nano_usd, request_id, caller, key, model,
     provider, how, input, output) VALUES (?, ?, ?, ?, ?, 'gateway', 'agent', 'm', 'p', ?, ?, ?)`,
  );
  const before = noon - 86_400_000;
  row.run('reserve', 'x', before, 400, 'old', null, null, null);
  row.run('settle', 'x', before, 300, null, 'counted', 1, 2);
  row.run('reserve', 'a', noon, 60, 'first', null, null, null);
  row.run('reserve', 'b', noon, 40, 'lost', null, null, null);
  row.run('settle', 'a', noon, 20, null, 'counted', 10, 5);
}

test('a ledger of the first version goes on with what it held', async () => {
  using at = walletBench();
  firstVersion(at.stateDir);
  const totals = [budget(1_000), budget(1_000, { by: 'key', window: 'total', name: 'agent' })];
  const wallet = at.open({ budgets: totals });
  assert.deepEqual(
    wallet.states(totals).map(({ spentNanoUsd }) => spentNanoUsd),
    [60, 360],
  );
  await spend(wallet, {});
  wallet[Symbol.dispose]();
  const settled = rowsOf(at.stateDir).filter(({ kind }) => kind === 'settle');
  assert.deepEqual(
    settled.map(({ request_id, how, nano_usd }) => [request_id, how, nano_usd]),
    [
      ['old', 'counted', 300],
      ['first', 'counted', 20],
      ['lost', 'lost', 40],
      ['r', 'counted', 7],
    ],
  );
  using again = at.open({ budgets: totals });
  assert.deepEqual(
    again.states(totals).map(({ spentNanoUsd }) => spentNanoUsd),
    [67, 367],
  );
});

test('a ledger of a later version is left alone, and nothing is spent', async () => {
  using at = walletBench();
  at.open()[Symbol.dispose]();
  {
    using database = new DatabaseSync(join(at.stateDir, 'ledger.sqlite'));
    database.exec('PRAGMA user_version = 99');
  }
  using wallet = at.open();
  assert.match(wallet.fault() ?? '', /later version/);
  assert.ok('denied' in (await wallet.reserve(claim(1))));
});

test('it can be read by others while it is written', async () => {
  using at = walletBench();
  using wallet = at.open({ budgets: day });
  await spend(wallet, {});
  await wallet.reserve(claim(1));
  assert.equal(rowsOf(at.stateDir).length, 3);
});

test('a file that was taken away under it allows nothing more', async () => {
  using at = walletBench();
  using wallet = at.open({ budgets: day });
  await spend(wallet, {});
  for (const end of ['', '-wal', '-shm']) rmSync(join(at.stateDir, `ledger.sqlite${end}`));
  const result = await wallet.reserve(claim(1));
  assert.ok('denied' in result && result.denied.reason === 'ledger-unavailable');
  assert.match(wallet.fault() ?? '', /removed/);
});

test('a thousand sessions are told apart, over a restart too', async () => {
  using at = walletBench();
  const sessions = [budget(1_000_000), budget(60, { by: 'session', window: 'total' })];
  const first = at.open({ budgets: sessions });
  const spends = Array.from({ length: 1_000 }, (_, n) => spend(first, { session: `s${n}` }));
  await Promise.all(spends);
  first[Symbol.dispose]();
  using second = at.open({ budgets: sessions });
  const fits = await second.reserve(claim(53, { session: 's500' }));
  const fitsNot = await second.reserve(claim(54, { session: 's501', routes: [route(54)] }));
  assert.deepEqual(['reservation' in fits, 'reservation' in fitsNot], [true, false]);
});

test('a start looks at what stands after the last mark, and misses nothing that is open', async () => {
  using at = walletBench();
  const budgets = [budget(1_000_000, { window: 'total' })];
  const first = at.open({ budgets });
  const stuck = await first.reserve(claim(900));
  assert.ok('reservation' in stuck);
  for (let round = 0; round < 12; round++) {
    await Promise.all(Array.from({ length: 500 }, () => spend(first, {})));
  }
  assert.ok('reservation' in (await first.reserve(claim(90))));
  first[Symbol.dispose]();
  using database = new DatabaseSync(join(at.stateDir, 'ledger.sqlite'), { readOnly: true });
  const marks = database.prepare("SELECT reserve_seq FROM entries WHERE kind = 'mark'").all();
  assert.deepEqual(
    marks.map(({ reserve_seq }) => reserve_seq),
    [1, stuck.reservation.id],
  );
  using second = at.open({ budgets });
  assert.equal(second.states(budgets)[0]?.spentNanoUsd, 900 + 90 + 6_000 * 7);
});
