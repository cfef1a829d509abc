// Amounts that people read: rounded the way that is asked for, and never nothing where there is
// something.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dollars } from './dollars.ts';

const rows: readonly [nanoUsd: number, near: string, up: string, down: string][] = [
  [0, '$0.0000', '$0.0000', '$0.0000'],
  [7, '$0.000000007', '$0.000000007', '$0.000000007'],
  [4_351, '$0.0000044', '$0.0000044', '$0.0000043'],
  [99_999, '$0.000100', '$0.000100', '$0.000099'],
  [100_000, '$0.00010', '$0.00010', '$0.00010'],
  [123_456, '$0.00012', '$0.00013', '$0.00012'],
  [1_234_567, '$0.0012', '$0.0013', '$0.0012'],
  [1_234_567_890, '$1.2346', '$1.2346', '$1.2345'],
  [20_000_000_000, '$20.0000', '$20.0000', '$20.0000'],
  [-3_000_000, '-$0.0030', '-$0.0030', '-$0.0030'],
  [-4_351, '-$0.0000044', '-$0.0000043', '-$0.0000044'],
];

for (const [nanoUsd, near, up, down] of rows) {
  test(`${nanoUsd} nano-dollars are ${near}`, () => {
    assert.equal(dollars(nanoUsd), near);
    assert.equal(dollars(nanoUsd, Math.ceil), up);
    assert.equal(dollars(nanoUsd, Math.floor), down);
  });
}

test('a need never looks smaller than it is, what is left never larger, and neither is lost', () => {
  const amounts = fc.integer({ min: 1, max: 1e15 });
  const read = (text: string) => Math.round(Number(text.slice(1)) * 1e9);
  fc.assert(
    fc.property(amounts, (nanoUsd) => {
      const [need, left] = [Math.ceil, Math.floor].map((way) => read(dollars(nanoUsd, way)));
      assert.ok((need ?? 0) >= nanoUsd && (left ?? nanoUsd) <= nanoUsd && (left ?? 0) > 0);
    }),
  );
});
