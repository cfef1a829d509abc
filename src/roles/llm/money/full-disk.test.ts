// A disk that is full in the middle of everything, for real: a small memory file system, mounted in
// a namespace of its own, where this file runs once more.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tempDir } from '../../../testing/temp-dir.ts';
import { budget, claim, settlement, walletBench } from '../../../testing/wallets.ts';
import type { Reservation } from './claim.ts';
import type { LedgerWallet } from './wallet.ts';

const file = fileURLToPath(import.meta.url);
const [folder] = process.argv.slice(2);

if (folder === undefined) {
  test('on a full disk calls that cost are refused, nothing is lost, and room is enough to go on', () => {
    using dir = tempDir();
    const script = 'mount -t tmpfs -o size=1500k none "$1" && exec "$2" "$3" "$1"';
    const argv = ['-Urm', 'sh', '-c', script, 'sh', dir.path, process.execPath, file];
    const told = JSON.parse(execFileSync('unshare', argv, { encoding: 'utf8' }));
    assert.deepEqual(told.during, ['ledger-unavailable']);
    assert.match(told.fault, /cannot be written: database or disk is full/);
    assert.deepEqual(told.said, ['ledger-unavailable', 'ledger-back']);
    assert.equal(told.free, 'reserved');
    assert.deepEqual([told.after, told.faultAfter], ['reserved', null]);
    // Ten were settled in the dark at 7; what is open counts in full.
    assert.equal(told.spent, 10 * 7 + 41 * 100);
  });
} else {
  process.stdout.write(JSON.stringify(await fillDisk(folder)));
}

async function fillDisk(stateDir: string) {
  using at = walletBench();
  const budgets = [budget(1e9)];
  const wallet = at.open({ budgets }, { stateDir });
  const open: Reservation[] = [];
  for (let n = 0; n < 50; n += 1) await ask(wallet, 100, open);
  const fill = openSync(join(stateDir, 'fill'), 'w');
  try {
    for (;;) writeSync(fill, Buffer.alloc(4_096));
  } catch {
    closeSync(fill);
  }
  const answers = new Set<string>();
  for (let n = 0; n < 50; n += 1) answers.add(await ask(wallet, 100, open));
  for (const one of open.splice(0, 10)) wallet.settle(one, settlement(7));
  const fault = wallet.fault();
  const free = await ask(wallet, 0, []);
  rmSync(join(stateDir, 'fill'));
  at.pass(1_000);
  const after = await ask(wallet, 100, open);
  const faultAfter = wallet.fault();
  wallet[Symbol.dispose]();
  using again = at.open({ budgets }, { stateDir });
  const spent = again.states(budgets)[0]?.spentNanoUsd;
  const said = at.lines.map((line) => JSON.parse(line).event);
  return { during: [...answers], fault, free, after, faultAfter, spent, said };
}

async function ask(wallet: LedgerWallet, nanoUsd: number, open: Reservation[]): Promise<string> {
  const result = await wallet.reserve(claim(nanoUsd));
  if ('denied' in result) return result.denied.reason;
  open.push(result.reservation);
  return 'reserved';
}
