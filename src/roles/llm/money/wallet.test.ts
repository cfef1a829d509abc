// The budgets against every way of spending more than they have: races, crashes, clocks that step,
// many budgets at once, a full disk.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { budget, claim, dayMs, route, settlement, walletBench } from '../../../testing/wallets.ts';
import type { Claim, Reservation } from './claim.ts';
import type { LedgerWallet } from './wallet.ts';

async function reserved(
  wallet: LedgerWallet,
  nanoUsd: number,
  changes: Partial<Claim> = {},
): Promise<Reservation> {
  const result = await wallet.reserve(claim(nanoUsd, changes));
  assert.ok('reservation' in result, JSON.stringify(result));
  return result.reservation;
}

async function denied(wallet: LedgerWallet, nanoUsd: number, changes: Partial<Claim> = {}) {
  const result = await wallet.reserve(claim(nanoUsd, changes));
  assert.ok('denied' in result, 'it was allowed');
  return result.denied;
}

const day = (limitNanoUsd: number) => [budget(limitNanoUsd)];

function left(wallet: LedgerWallet): number | undefined {
  return wallet.states(day(100))[0]?.leftNanoUsd;
}

test('a hundred calls at once are promised no more than there is', async () => {
  using at = walletBench();
  using wallet = at.open();
  const results = await Promise.all(Array.from({ length: 100 }, () => wallet.reserve(claim(30))));
  assert.equal(results.filter((result) => 'reservation' in result).length, 3);
  assert.equal(left(wallet), 10);
});

test('a refusal says what is left, and when there will be more', async () => {
  using at = walletBench();
  using wallet = at.open({ budgets: day(100_000_000) });
  await reserved(wallet, 70_000_000);
  const { reason, message, retryAfterMs } = await denied(wallet, 31_000_000);
  assert.equal(reason, 'budget-exhausted');
  assert.match(message, /up to \$0\.0310 at p, and \$0\.0300 is left .* \$0\.1000 per day/);
  assert.equal(retryAfterMs, dayMs / 2);
});

test('a limit of nothing allows what costs nothing, and only that', async () => {
  using at = walletBench();
  using wallet = at.open({ budgets: day(0) });
  await reserved(wallet, 0);
  await denied(wallet, 1);
});

test('what no budget covers is not spent', async () => {
  using at = walletBench();
  using wallet = at.open({ budgets: [budget(100, { by: 'session' })] });
  assert.match((await denied(wallet, 1)).message, /No budget covers this call/);
  await reserved(wallet, 1, { session: 's' });
});

test('what was reserved and never settled is spent after a restart', async () => {
  using at = walletBench();
  const first = at.open();
  await reserved(first, 60);
  first.settle(await reserved(first, 40), settlement(1));
  first[Symbol.dispose]();
  {
    using second = at.open();
    assert.equal(left(second), 39);
  }
  // Once, however often it starts.
  using third = at.open();
  assert.equal(left(third), 39);
});

test('a reservation is settled once', async () => {
  using at = walletBench();
  using wallet = at.open();
  const reservation = await reserved(wallet, 50);
  assert.equal(wallet.settle(reservation, settlement(20)), 20);
  assert.equal(wallet.settle(reservation, settlement(0)), 0);
  assert.equal(left(wallet), 80);
});

test("a new day has the whole budget, and a call begun the day before is the day before's", async () => {
  using at = walletBench();
  using wallet = at.open();
  const late = await reserved(wallet, 90);
  at.pass(dayMs);
  assert.equal(left(wallet), 100);
  wallet.settle(late, settlement(90));
  assert.equal(left(wallet), 100);
});

test('a clock set back opens no window again, not even over a restart', async () => {
  using at = walletBench();
  const first = at.open();
  await reserved(first, 90);
  at.clock.wallMs -= dayMs;
  assert.equal(left(first), 10);
  first[Symbol.dispose]();
  const second = at.open();
  assert.equal(left(second), 10);
  // Rows written meanwhile belong to the window that has not ended.
  await reserved(second, 10);
  second[Symbol.dispose]();
  at.clock.wallMs += dayMs;
  using third = at.open();
  assert.equal(left(third), 0);
});

test('a clock that jumps ahead opens no new window until it has stood there for a while', async () => {
  using at = walletBench();
  using wallet = at.open();
  await reserved(wallet, 90);
  at.clock.wallMs += dayMs;
  assert.equal(left(wallet), 10);
  at.pass(60_000);
  assert.equal(left(wallet), 10);
  at.clock.wallMs -= dayMs;
  at.pass(600_000);
  assert.equal(left(wallet), 10);
  // A machine that slept is right, and stays so.
  at.clock.wallMs += dayMs;
  assert.equal(left(wallet), 10);
  at.pass(300_000);
  assert.equal(left(wallet), 100);
});

test('no stretch of a rolling window holds more than its budget', async () => {
  using at = walletBench();
  const rolling = [budget(100, { window: { rollingMs: 3_600_000 } })];
  using wallet = at.open({ budgets: rolling });
  wallet.settle(await reserved(wallet, 60), settlement(60));
  at.pass(1_800_000);
  wallet.settle(await reserved(wallet, 40), settlement(40));
  at.pass(1_799_999);
  await denied(wallet, 1);
  at.pass(60_001);
  await reserved(wallet, 60);
  await denied(wallet, 1);
});

test('a call fits into every budget that applies, over a restart too', async () => {
  using at = walletBench();
  const budgets = [
    budget(100),
    budget(50, { by: 'key', name: 'agent' }),
    budget(30, { by: 'session' }),
    budget(20, { by: 'session', window: 'hour' }),
    budget(45, { by: 'model', name: 'm', window: 'total' }),
  ];
  const first = at.open({ budgets });
  first.settle(await reserved(first, 20, { session: 'a' }), settlement(20));
  await denied(first, 1, { session: 'a' });
  at.pass(3_600_000);
  await denied(first, 11, { session: 'a' });
  first.settle(await reserved(first, 10, { session: 'a' }), settlement(10));
  first[Symbol.dispose]();
  using second = at.open({ budgets });
  await denied(second, 1, { session: 'a' });
  await denied(second, 16, { session: 'b' });
  second.settle(await reserved(second, 15, { session: 'b' }), settlement(15));
  await denied(second, 1, { session: 'c' });
  const other = { routes: [route(5, 'p', 'other')] };
  await denied(second, 1, { session: 'c', routes: [route(6, 'p', 'other')] });
  await reserved(second, 5, { session: 'c', ...other });
  await reserved(second, 15, { key: 'other', session: 'c', routes: [route(15, 'p', 'x')] });
});

test('the dearest route is reserved, and one that its provider has no room for is closed', async () => {
  using at = walletBench();
  const budgets = [budget(100), budget(30, { by: 'provider', name: 'b' })];
  using wallet = at.open({ budgets });
  const routes = [route(10, 'a'), route(25, 'b'), route(5, 'c')];
  const first = await reserved(wallet, 0, { routes });
  assert.equal(first.nanoUsd, 25);
  const second = await reserved(wallet, 0, { routes });
  assert.deepEqual(second.routes, [routes[0], routes[2]]);
  assert.equal(second.nanoUsd, 10);
  wallet.settle(first, settlement(9, { route: { ...route(0, 'a') } }));
  const third = await reserved(wallet, 0, { routes: [route(30, 'b')] });
  // Nobody knows which provider did it, so both may have.
  wallet.settle(second, settlement(10, { how: 'kept', route: null }));
  wallet.settle(third, settlement(1, { route: { ...route(0, 'b') } }));
  const spent = wallet.states(budgets).map(({ spentNanoUsd }) => spentNanoUsd);
  assert.deepEqual(spent, [20, 1]);
});

test('a call that was lost counts at every provider it may have gone to', async () => {
  using at = walletBench();
  const budgets = [
    budget(100),
    ...['a', 'b', 'c'].map((name) => budget(50, { by: 'provider', name })),
  ];
  const first = at.open({ budgets });
  await reserved(first, 0, { routes: [route(10, 'a'), route(25, 'b')] });
  first[Symbol.dispose]();
  using second = at.open({ budgets });
  const spent = second.states(budgets).map(({ spentNanoUsd }) => spentNanoUsd);
  assert.deepEqual(spent, [25, 25, 25, 0]);
});

test('a budget declared while calls are under way counts them', async () => {
  using at = walletBench();
  const budgets = [budget(100)];
  using wallet = at.open({ budgets });
  const open = await reserved(wallet, 40);
  budgets.push(budget(50, { by: 'key', name: 'agent' }));
  await denied(wallet, 11);
  wallet.settle(open, settlement(20));
  await denied(wallet, 31);
  await reserved(wallet, 30);
});

test('a ledger that cannot be opened allows nothing that costs, until it can', async () => {
  using at = walletBench();
  const stateDir = join(at.stateDir, 'later');
  writeFileSync(stateDir, 'a file where the folder should be');
  using wallet = at.open({}, { stateDir });
  assert.match(wallet.fault() ?? '', /cannot be written/);
  for (let n = 0; n < 3; n += 1) {
    at.pass(1_000);
    assert.equal((await denied(wallet, 1)).reason, 'ledger-unavailable');
  }
  await reserved(wallet, 0);
  rmSync(stateDir);
  mkdirSync(stateDir);
  at.pass(1_000);
  await reserved(wallet, 1);
  assert.equal(wallet.fault(), null);
  // Not once for each call: the log may be on the disk that is full.
  const said = at.lines.map((line) => JSON.parse(line).event);
  assert.deepEqual(said, ['ledger-unavailable', 'ledger-back']);
});

test('a full ledger allows nothing more, has room to settle, and counts the same after', async () => {
  using at = walletBench();
  const budgets = day(1e9);
  const first = at.open({ budgets }, { ledgerBytesMax: 1 });
  const open: Reservation[] = [];
  let reason = '';
  while (reason === '' && open.length < 5_000) {
    const result = await first.reserve(claim(100));
    if ('reservation' in result) open.push(result.reservation);
    else reason = result.denied.reason;
  }
  assert.equal(reason, 'ledger-unavailable');
  assert.ok(open.length > 100, `${open.length}`);
  assert.match(first.fault() ?? '', /full/);
  for (const reservation of open.slice(0, 100)) first.settle(reservation, settlement(1));
  first[Symbol.dispose]();
  using second = at.open({ budgets });
  assert.equal(second.states(budgets)[0]?.spentNanoUsd, 100 + (open.length - 100) * 100);
});

test('a second process cannot spend from the same ledger', async () => {
  using at = walletBench();
  using first = at.open();
  await reserved(first, 1);
  using second = at.open();
  assert.match(second.fault() ?? '', /locked/);
  await denied(second, 1);
});

test("rows are only ever added, and the file is its owner's", async () => {
  using at = walletBench();
  const wallet = at.open();
  await reserved(wallet, 5);
  wallet[Symbol.dispose]();
  const file = join(at.stateDir, 'ledger.sqlite');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  using database = new DatabaseSync(file);
  assert.throws(() => database.exec('UPDATE entries SET nano_usd = 0'), /only added/);
  assert.throws(() => database.exec('DELETE FROM entries'), /only added/);
});

test('a file that is no ledger is left as it is and nothing is spent', async () => {
  using at = walletBench();
  writeFileSync(join(at.stateDir, 'ledger.sqlite'), 'x'.repeat(8192));
  using wallet = at.open();
  await denied(wallet, 1);
  assert.equal(statSync(join(at.stateDir, 'ledger.sqlite')).size, 8192);
});
