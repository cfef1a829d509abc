// What the ledger says as people and programs read it: sums, a chart, CSV to the nano-dollar, and
// text from outside that does nothing to a terminal or a spreadsheet.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claim, route, settlement, walletBench } from '../../testing/wallets.ts';
import { readSpend } from './read-spend.ts';
import { spendCsv, spendLines } from './spend-text.ts';

async function written() {
  const at = walletBench();
  {
    using wallet = at.open({ budgets: [] });
    const calls = [
      { requestId: 'a', model: 'opus', nanoUsd: 0, session: 's1' },
      { requestId: 'b', model: 'opus', nanoUsd: 0, heartbeat: true, session: 's1' },
      { requestId: 'c', model: '=cmd|"x"', nanoUsd: 0, session: null },
    ];
    for (const [index, { nanoUsd, ...call }] of calls.entries()) {
      const taken = { ...route(nanoUsd, 'p', call.model) };
      const result = await wallet.reserve(claim(nanoUsd, { ...call, routes: [taken] }));
      assert.ok('reservation' in result);
      const usage = { input: 10, cacheRead: 20, cacheWrite: 30, cacheWrite1h: 40, output: 50 };
      const cost = [1_234_567_891, 500_000_000, 1][index] ?? 0;
      wallet.settle(
        result.reservation,
        settlement(cost, { usage, route: taken, savedNanoUsd: -1e6 }),
      );
      at.pass(3_600_000);
    }
  }
  return at;
}

const now = (at: Awaited<ReturnType<typeof written>>) => at.clock.wallMs;

test('the sums stand in a table, the dearest first', async () => {
  using at = await written();
  const spend = readSpend({ config: 'x', ledger: at.stateDir }, now(at));
  assert.deepEqual(spendLines(spend, true), [
    '$1.7346 spent in 3 calls since 2026-11-22 00:00:00',
    '$0.5000 of it by heartbeats',
    '-$0.0030 saved by prompt caching',
    '',
    'model     calls         spent  heartbeat  input  cached  written  output',
    `opus          2       $1.7346    $0.5000     20      40      140     100  ${'█'.repeat(32)}`,
    '=cmd|"x"      1  $0.000000001    $0.0000     10      20       70      50  ▏',
  ]);
});

test('the hours stand in their order, and a part of the day can be asked for', async () => {
  using at = await written();
  const flags = { config: 'x', ledger: at.stateDir, by: 'hour', since: '2h' } as const;
  const lines = spendLines(readSpend(flags, now(at)), false).slice(4);
  assert.deepEqual(lines, [
    'hour              calls         spent  heartbeat  input  cached  written  output',
    '2026-11-22 13:00      1       $0.5000    $0.5000     10      20       70      50',
    '2026-11-22 14:00      1  $0.000000001    $0.0000     10      20       70      50',
  ]);
});

test('CSV has every nano-dollar, and no cell is a formula', async () => {
  using at = await written();
  const spend = readSpend({ config: 'x', ledger: at.stateDir }, now(at));
  assert.deepEqual(spendCsv(spend).slice(1), [
    'opus,2,1.734567891,0.500000000,0.000000000,0.000000000,-0.002000000,0,0.000000000,20,40,140,100',
    '"\'=cmd|""x""",1,0.000000001,0.000000000,0.000000000,0.000000000,-0.001000000,0,0.000000000,10,20,70,50',
  ]);
  const calls = readSpend({ config: 'x', ledger: at.stateDir, calls: true, id: 'b' }, now(at));
  assert.deepEqual(spendCsv(calls)[1]?.split(',').slice(0, 8), [
    ...['b', '2026-11-22T13:00:00.000Z', '2026-11-22T13:00:00.000Z', 'gateway', 'agent', 's1'],
    ...['true', 'opus'],
  ]);
});

test('what answers from the cache have saved stands apart from prompt caching', async () => {
  using at = walletBench();
  {
    using wallet = at.open({ budgets: [] });
    const saved = (requestId: string, nanoUsd: number) =>
      wallet.saved(
        claim(0, { requestId, model: 'opus', routes: [route(0, 'p', 'opus')] }),
        nanoUsd,
      );
    saved('a', 1_500_000_000);
    saved('b', 500_000_000);
  }
  const spend = readSpend({ config: 'x', ledger: at.stateDir, calls: true }, now(at) + 1);
  assert.deepEqual(spendLines(spend, false).slice(0, 2), [
    '$0.0000 spent in 2 calls since 2026-11-22 00:00:00',
    '$2.0000 saved by 2 calls, answered from the cache',
  ]);
  assert.deepEqual(spendCsv({ ...spend, calls: null }).slice(1), [
    'opus,2,0.000000000,0.000000000,0.000000000,0.000000000,0.000000000,2,2.000000000,0,0,0,0',
  ]);
  assert.match(spendLines(spend, false).at(-1) ?? '', /opus at p {2}cached/);
});

test('without a ledger it is said where one was looked for', () => {
  assert.throws(
    () => readSpend({ config: 'x', ledger: '/nowhere' }, 0),
    /the ledger cannot be read: there is no ledger in \/nowhere/,
  );
});
