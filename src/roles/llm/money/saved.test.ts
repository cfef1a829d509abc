// What answers from the cache have saved, in the ledger: written down, and never in the room that
// the settlements of real calls need.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { budget, claim, settlement, walletBench } from '../../../testing/wallets.ts';

function savedIn(stateDir: string): { readonly count: number; readonly nanoUsd: number } {
  using file = new DatabaseSync(join(stateDir, 'ledger.sqlite'), { readOnly: true });
  const columns = 'COUNT(*) AS count, COALESCE(SUM(saved_nano_usd), 0) AS nanoUsd';
  const row = file.prepare(`SELECT ${columns} FROM entries WHERE how = 'cached'`).get();
  return { count: Number(row?.count), nanoUsd: Number(row?.nanoUsd) };
}

const budgets = [budget(1e9)];

test('what was saved is written down, nothing is spent, and nothing saved leaves no row', () => {
  using at = walletBench();
  const wallet = at.open({ budgets });
  wallet.saved(claim(0), 70);
  wallet.saved(claim(0), 0);
  wallet[Symbol.dispose]();
  assert.deepEqual(savedIn(at.stateDir), { count: 1, nanoUsd: 70 });
  using again = at.open({ budgets });
  assert.equal(again.states(budgets)[0]?.leftNanoUsd, 1e9);
});

test('a ledger that answers from the cache have filled still takes what calls have cost', async () => {
  using at = walletBench();
  const wallet = at.open({ budgets }, { ledgerBytesMax: 1 });
  const held = await wallet.reserve(claim(100));
  assert.ok('reservation' in held);
  for (let turn = 0; turn < 300; turn += 1) {
    for (let count = 0; count < 20; count += 1) wallet.saved(claim(0), 1);
    await new Promise((next) => setImmediate(next));
  }
  wallet.settle(held.reservation, settlement(40));
  wallet[Symbol.dispose]();
  assert.ok(savedIn(at.stateDir).count < 6_000);
  using again = at.open({ budgets });
  assert.equal(again.states(budgets)[0]?.spentNanoUsd, 40);
});
