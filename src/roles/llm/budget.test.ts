// The budget against every way of spending more than it has: races, crashes, a clock set back, a
// full disk.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemWorld } from '../../kit/world.ts';
import { createLog } from '../../telemetry/log.ts';
import { Budget, type BudgetSettings, type Reservation } from './budget.ts';

const who = { requestId: 'r', caller: 'gateway', key: 'agent', model: 'm', provider: 'p' };
const dayMs = 86_400_000;
const noon = Date.UTC(2026, 10, 22, 12);

interface Bench extends Disposable {
  readonly clock: { nowMs: number };
  readonly stateDir: string;
  readonly lines: string[];
  open(changes?: Partial<BudgetSettings>): Budget;
}

function bench(): Bench {
  const stateDir = mkdtempSync(join(tmpdir(), 'clincher-budget-'));
  const clock = { nowMs: noon };
  const lines: string[] = [];
  const log = createLog(
    {},
    (line) => lines.push(line),
    () => clock.nowMs,
  );
  const world = { ...systemWorld(), now: () => clock.nowMs };
  const settings = { limitNanoUsd: 100, window: 'day', stateDir, ledgerBytesMax: 1e7 } as const;
  return {
    clock,
    stateDir,
    lines,
    open: (changes = {}) => new Budget({ ...settings, ...changes }, world, log),
    [Symbol.dispose]: () => rmSync(stateDir, { recursive: true, force: true }),
  };
}

function reserved(budget: Budget, nanoUsd: number): Reservation {
  const result = budget.reserve(nanoUsd, who);
  assert.ok('reservation' in result, JSON.stringify(result));
  return result.reservation;
}

test('whatever is reserved and settled in whatever order, no more than the limit is promised', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('reserve' as const), amount: fc.nat(60) }),
    fc.record({ do: fc.constant('settle' as const), amount: fc.nat(100) }),
    fc.record({ do: fc.constant('restart' as const), amount: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      using at = bench();
      let budget = at.open();
      let open: Reservation[] = [];
      let settledNanoUsd = 0;
      let lostNanoUsd = 0;
      for (const { do: what, amount } of steps) {
        if (what === 'restart') {
          budget[Symbol.dispose]();
          budget = at.open();
          lostNanoUsd += open.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
          open = [];
        } else if (what === 'reserve') {
          const result = budget.reserve(amount, who);
          if ('reservation' in result) open.push(result.reservation);
        } else {
          const reservation = open.shift();
          if (reservation === undefined) continue;
          const spent = Math.min(amount, reservation.nanoUsd);
          settledNanoUsd += budget.settle(reservation, spent, 'counted', null);
        }
        const promised = open.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
        const state = budget.state();
        assert.equal(state.spentNanoUsd, settledNanoUsd + lostNanoUsd);
        assert.equal(state.reservedNanoUsd, promised);
        assert.ok(state.spentNanoUsd + state.reservedNanoUsd <= 100);
      }
      budget[Symbol.dispose]();
    }),
    { numRuns: 40 },
  );
});

test('a refusal says what is left', () => {
  using at = bench();
  using budget = at.open();
  reserved(budget, 70);
  assert.deepEqual(budget.reserve(31, who), { denied: 'budget-exhausted', leftNanoUsd: 30 });
  reserved(budget, 30);
});

test('a limit of nothing allows what costs nothing, and only that', () => {
  using at = bench();
  using budget = at.open({ limitNanoUsd: 0 });
  reserved(budget, 0);
  assert.ok('denied' in budget.reserve(1, who));
});

test('what was reserved and never settled is spent after a restart', () => {
  using at = bench();
  const first = at.open();
  reserved(first, 60);
  first.settle(reserved(first, 40), 1, 'counted', null);
  first[Symbol.dispose]();
  using second = at.open();
  assert.equal(second.state().spentNanoUsd, 61);
});

test('a reservation is settled once', () => {
  using at = bench();
  using budget = at.open();
  const reservation = reserved(budget, 50);
  assert.equal(budget.settle(reservation, 20, 'counted', null), 20);
  assert.equal(budget.settle(reservation, 0, 'unsent', null), 0);
  assert.equal(budget.state().spentNanoUsd, 20);
});

test("a new day has the whole budget, and a call begun the day before is the day before's", () => {
  using at = bench();
  using budget = at.open();
  const late = reserved(budget, 90);
  at.clock.nowMs += dayMs;
  assert.equal(budget.state().leftNanoUsd, 100);
  budget.settle(late, 90, 'counted', null);
  assert.equal(budget.state().leftNanoUsd, 100);
});

test('a clock set back opens no window again, not even over a restart', () => {
  using at = bench();
  const first = at.open();
  reserved(first, 90);
  at.clock.nowMs -= dayMs;
  assert.equal(first.state().leftNanoUsd, 10);
  first[Symbol.dispose]();
  const second = at.open();
  assert.equal(second.state().leftNanoUsd, 10);
  // Rows written meanwhile belong to the window that has not ended.
  reserved(second, 10);
  second[Symbol.dispose]();
  at.clock.nowMs += dayMs;
  using third = at.open();
  assert.equal(third.state().leftNanoUsd, 0);
});

test('a ledger that cannot be opened allows nothing that costs, until it can', () => {
  using at = bench();
  const stateDir = join(at.stateDir, 'later');
  writeFileSync(stateDir, 'a file where the folder should be');
  using budget = at.open({ stateDir });
  assert.match(budget.state().fault ?? '', /cannot be written/);
  assert.deepEqual(budget.reserve(1, who), { denied: 'ledger-unavailable', leftNanoUsd: 100 });
  reserved(budget, 0);
  rmSync(stateDir);
  mkdirSync(stateDir);
  reserved(budget, 1);
  assert.equal(budget.state().fault, null);
});

test('a full ledger allows nothing more, and what it could not settle stays spent', () => {
  using at = bench();
  using budget = at.open({ limitNanoUsd: 1e9, ledgerBytesMax: 64 * 1024 });
  const open: Reservation[] = [];
  let denied = '';
  while (denied === '' && open.length < 2_000) {
    const result = budget.reserve(100, who);
    if ('reservation' in result) open.push(result.reservation);
    else denied = result.denied;
  }
  assert.equal(denied, 'ledger-unavailable');
  assert.ok(open.length > 10);
  for (const reservation of open) budget.settle(reservation, 1, 'counted', null);
  const { spentNanoUsd, reservedNanoUsd, fault } = budget.state();
  assert.equal(reservedNanoUsd, 0);
  assert.ok(spentNanoUsd > open.length * 50, `only ${spentNanoUsd}`);
  assert.match(fault ?? '', /full/);
});

test('a second process cannot spend from the same ledger', () => {
  using at = bench();
  using first = at.open();
  reserved(first, 1);
  using second = at.open();
  assert.match(second.state().fault ?? '', /locked/);
  assert.ok('denied' in second.reserve(1, who));
});

test("rows are only ever added, and the file is its owner's", () => {
  using at = bench();
  const budget = at.open();
  reserved(budget, 5);
  budget[Symbol.dispose]();
  const file = join(at.stateDir, 'ledger.sqlite');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const database = new DatabaseSync(file);
  assert.throws(() => database.exec('UPDATE entries SET nano_usd = 0'), /only added/);
  assert.throws(() => database.exec('DELETE FROM entries'), /only added/);
  database.close();
});

test('a file that is no ledger is left as it is and nothing is spent', () => {
  using at = bench();
  writeFileSync(join(at.stateDir, 'ledger.sqlite'), 'x'.repeat(8192));
  using budget = at.open();
  assert.ok('denied' in budget.reserve(1, who));
  assert.equal(statSync(join(at.stateDir, 'ledger.sqlite')).size, 8192);
});
