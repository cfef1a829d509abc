// A reservation is promised when it is on the disk and not before; many share one sync; a disk that
// fails refuses, and what could not be written is written once it can.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claim, route, settlement } from '../../../testing/wallets.ts';
import { GroupCommit, type Store } from './group-commit.ts';
import type { ReserveRow, Row, SettleRow } from './ledger.ts';

/** A disk whose syncs end when the test says so. */
function disk() {
  const state = {
    appended: [] as (readonly Row[])[],
    syncs: [] as PromiseWithResolvers<void>[],
    repairs: 0,
    full: false,
    busy: false,
    faults: [] as (string | null)[],
  };
  const store: Store = {
    append(rows) {
      if (state.busy) throw new Error('busy');
      if (state.full && rows.some(({ kind }) => kind === 'reserve')) throw new Error('full');
      state.appended.push(rows);
    },
    sync() {
      const sync = Promise.withResolvers<void>();
      state.syncs.push(sync);
      return sync.promise;
    },
    repair() {
      state.repairs++;
    },
  };
  const group = new GroupCommit(store, (error) => state.faults.push(error?.message ?? null));
  return { ...state, state, group };
}

function reserveRow(seq: number): ReserveRow {
  return { kind: 'reserve', seq, atMs: 1, nanoUsd: 5, claim: claim(5), routes: [route(5)] };
}

function settleRow(seq: number): SettleRow {
  return { kind: 'settle', atMs: 2, reserved: reserveRow(seq), settlement: settlement(1) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const counts = (rows: readonly (readonly Row[])[]) => rows.map(({ length }) => length);

test('nothing is promised before the disk has it, and those that came meanwhile share the next', async () => {
  const { group, appended, syncs } = disk();
  const written: number[] = [];
  const reserve = (seq: number) => group.reserve(reserveRow(seq), () => written.push(seq));
  for (const seq of [1, 2, 3]) reserve(seq);
  await turn();
  assert.deepEqual([counts(appended), syncs.length, written], [[3], 1, []]);
  for (const seq of [4, 5]) reserve(seq);
  group.settle(settleRow(1));
  await turn();
  assert.deepEqual([counts(appended), written], [[3], []]);
  syncs[0]?.resolve();
  await turn();
  assert.deepEqual([counts(appended), syncs.length, written], [[3, 3], 2, [1, 2, 3]]);
  syncs[1]?.resolve();
  await turn();
  assert.deepEqual(written, [1, 2, 3, 4, 5]);
});

test('a sync that fails refuses its group, and the next one begins with a repair', async () => {
  const { group, state, syncs } = disk();
  const answers: (string | null)[] = [];
  const reserve = (seq: number) =>
    group.reserve(reserveRow(seq), (error) => answers.push(error?.message ?? null));
  reserve(1);
  reserve(2);
  await turn();
  syncs[0]?.reject(new Error('EIO'));
  await turn();
  assert.deepEqual([answers, state.faults, state.repairs], [['EIO', 'EIO'], ['EIO'], 0]);
  reserve(3);
  await turn();
  syncs[1]?.resolve();
  await turn();
  assert.deepEqual([answers[2], state.faults.at(-1), state.repairs], [null, null, 1]);
});

test('a full disk refuses reservations and still takes settlements', async () => {
  const { group, state, appended } = disk();
  state.full = true;
  let answer = '';
  group.settle(settleRow(1));
  group.reserve(reserveRow(2), (error) => {
    answer = error?.message ?? 'written';
  });
  await turn();
  assert.equal(answer, 'full');
  assert.deepEqual(
    appended.map((rows) => rows.map(({ kind }) => kind)),
    [['settle']],
  );
  group.close();
});

test('a settlement that could not be written is written a moment later, though nobody asks', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { group, state, appended } = disk();
  state.busy = true;
  group.settle(settleRow(1));
  await turn();
  t.mock.timers.tick(1_000);
  assert.deepEqual([counts(appended), state.faults], [[], ['busy', 'busy']]);
  state.busy = false;
  t.mock.timers.tick(1_000);
  assert.deepEqual([counts(appended), state.faults.at(-1)], [[1], null]);
  group.close();
});

test('closing refuses who waits and writes what was settled', () => {
  const { group, appended } = disk();
  let answer = '';
  group.reserve(reserveRow(2), (error) => {
    answer = error?.message ?? 'written';
  });
  group.settle(settleRow(1));
  group.close();
  assert.equal(answer, 'it was closed');
  assert.deepEqual(counts(appended), [1]);
});
