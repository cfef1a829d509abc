// The diff is one that the other side of the house, patch(1), gives the second text back from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unifiedDiff } from './unified-diff.ts';

test('nothing changed is no diff', () => {
  assert.equal(unifiedDiff('a', 'x\n', 'x\n'), '');
});

test('a line in the middle is shown between three lines of what surrounds it', () => {
  const before = '1\n2\n3\n4\n5\n6\n7\n8\n';
  const after = before.replace('5\n', '5\nnew\n');
  assert.equal(
    unifiedDiff('f', before, after),
    '--- f\n+++ f\n@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+new\n 6\n 7\n 8\n',
  );
});

test('a last line without a newline is said to be one', () => {
  assert.equal(
    unifiedDiff('f', 'a', 'a\nb\n'),
    '--- f\n+++ f\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n',
  );
});

test('applied to the first text, any diff gives the second', () => {
  const line = fc.constantFrom('a', 'b', '', ' ', '-', '+x', '@@', '\\ No');
  const text = fc
    .tuple(fc.array(line, { maxLength: 12 }), fc.boolean())
    .map(([lines, end]) => lines.join('\n') + (end && lines.length > 0 ? '\n' : ''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff('f', before, after);
      assert.equal(before === after ? after : apply(before, diff), after);
    }),
    { numRuns: 2_000 },
  );
});

/** What patch(1) does with one hunk. */
function apply(before: string, diff: string): string {
  const [, , hunk = '', ...lines] = diff.slice(0, -1).split('\n');
  const [, from = '', count = '', , freshCount = ''] =
    /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(hunk) ?? [];
  const old = before.split('\n').map((one, i, all) => (i < all.length - 1 ? `${one}\n` : one));
  if (old.at(-1) === '') old.pop();
  const texts = lines.flatMap((one, i) => {
    if (one.startsWith('\\ No newline')) return [];
    const bare = lines[i + 1]?.startsWith('\\ No newline') === true;
    return [{ sign: one.slice(0, 1), text: `${one.slice(1)}${bare ? '' : '\n'}` }];
  });
  const start = Number(count) === 0 ? Number(from) : Number(from) - 1;
  const gone = texts.filter(({ sign }) => sign !== '+').map(({ text }) => text);
  assert.deepEqual(old.slice(start, start + Number(count)), gone);
  const fresh = texts.filter(({ sign }) => sign !== '-').map(({ text }) => text);
  assert.equal(fresh.length, Number(freshCount));
  return [...old.slice(0, start), ...fresh, ...old.slice(start + Number(count))].join('');
}
