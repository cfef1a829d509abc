// Circles of steps: what is one and what is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Loops } from './loops.ts';

const settings = { repeats: 6, withinMs: 60_000, action: 'alarm' } as const;

/** What was said of each step, one a second. */
function told(steps: string, everyMs = 1_000): readonly (number | null)[] {
  const loops = new Loops(settings);
  return [...steps].map((step, at) => loops.stepped('c', step, String(at), at * everyMs));
}

const rows: readonly [name: string, steps: string, cycle: number | null][] = [
  ['the same again and again', 'aaaaaa', 1],
  ['after other things', 'xyzaaaaaa', 1],
  ['one too few', 'aaaaa', null],
  ['two in turns', 'ababab', 2],
  ['three in turns', 'abcabc', 3],
  ['once round and a half', 'abcdab', null],
  ['progress now and then', 'aaabaaacaaad', null],
  ['a step out of turn', 'abababb', null],
  ['all different', 'abcdefghij', null],
];

for (const [name, steps, cycle] of rows) {
  test(`${name}: ${cycle === null ? 'no loop' : `a circle of ${cycle}`}`, () => {
    assert.equal(told(steps).at(-1), cycle);
    assert.ok(
      told(steps)
        .slice(0, -1)
        .every((one) => one === null) || cycle === null,
    );
  });
}

test('what takes its time is none, nor is a request that is sent again', () => {
  assert.equal(told('aaaaaa', 15_000).at(-1), null);
  const loops = new Loops(settings);
  for (let n = 0; n < 20; n++) assert.equal(loops.stepped('c', 'a', 'same', n), null);
});

test('conversations do not disturb one another', () => {
  const loops = new Loops(settings);
  const ends = ['c', 'd'].map((name) =>
    Array.from({ length: 6 }, (_, n) => loops.stepped(name, name, String(n), n)).at(-1),
  );
  assert.deepEqual(ends, [1, 1]);
});

test('no alarm without a circle: against every window looked at plainly', () => {
  const steps = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
  fc.assert(
    fc.property(steps, (text) => {
      for (const [at, cycle] of told(text, 1).entries()) {
        const last = text.slice(Math.max(0, at - 5), at + 1);
        const plain = [1, 2, 3].find((n) => last === last.slice(0, n).repeat(6).slice(0, 6));
        assert.equal(cycle, last.length < 6 ? null : (plain ?? null), last);
      }
    }),
  );
});
