// The map of bounded size.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latest } from './latest.ts';

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
