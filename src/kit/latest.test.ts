// The map of bounded size.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latest } from './latest.ts';

test('of many the oldest go some at a time: never more than its bound, never one of the newest', () => {
  const latest = new Latest<number, number>(64);
  for (let key = 0; key < 1_000; key += 1) {
    latest.set(key, key);
    assert.ok(latest.size <= 64);
    for (let newer = Math.max(0, key - 59); newer <= key; newer += 1) assert.ok(latest.has(newer));
  }
});

test('what was set longest ago goes first, and what is set again is new', () => {
  const latest = new Latest<string, number>(2);
  latest.set('a', 1).set('b', 2).set('a', 3).set('c', 4);
  assert.deepEqual(
    [...latest],
    [
      ['a', 3],
      ['c', 4],
    ],
  );
});
