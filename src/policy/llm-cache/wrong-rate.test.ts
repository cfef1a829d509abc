// The interval around a share: against values worked out by hand, and never wider than there is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { partOf, shareOf } from './wrong-rate.ts';

const rounded = (value: number | undefined) => Math.round((value ?? Number.NaN) * 1e4) / 1e4;

const rows: readonly (readonly [wrong: number, checked: number, low: number, high: number])[] = [
  [0, 10, 0, 0.2775],
  [1, 10, 0.0179, 0.4042],
  [5, 100, 0.0215, 0.1118],
  [500, 10_000, 0.0459, 0.0544],
  [10, 10, 0.7225, 1],
];

for (const [wrong, checked, low, high] of rows) {
  test(`${wrong} of ${checked}`, () => {
    const found = shareOf(wrong, checked);
    assert.deepEqual([rounded(found?.low), rounded(found?.high)], [low, high]);
    assert.equal(found?.share, wrong / checked);
  });
}

test('of nothing there is no share', () => {
  assert.equal(shareOf(0, 0), null);
});

test('the share lies between its ends, and those between nothing and all', () => {
  fc.assert(
    fc.property(fc.nat({ max: 5_000 }), fc.nat({ max: 5_000 }), (wrong, right) => {
      fc.pre(wrong + right > 0);
      const found = shareOf(wrong, wrong + right);
      assert.ok(found !== null && found.low >= 0 && found.high <= 1);
      assert.ok(found.low <= found.share + 1e-9 && found.share <= found.high + 1e-9);
    }),
  );
});

test('of a part it is as much less', () => {
  assert.deepEqual(partOf({ share: 0.2, low: 0.1, high: 0.4 }, 0.5), {
    ...{ share: 0.1, low: 0.05, high: 0.2 },
  });
});
