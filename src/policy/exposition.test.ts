// Reading metrics that a hostile service wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExposition } from './exposition.ts';

test('a counter, a gauge and a histogram are read with their families', () => {
  const text = `# HELP hits Requests.
# TYPE hits counter
hits{code="200",path="a\\"b\\\\c\\nd"} 3
# A remark of nobody's.
# TYPE wait histogram
wait_bucket{le="+Inf"} 2
wait_sum 0.5
wait_count 2
temperature -1.5e3 1700000000000
`;
  const { families, refusedLines } = parseExposition(text, 100);
  assert.equal(refusedLines, 0);
  assert.deepEqual(
    families.map(({ name, type, samples }) => [name, type, samples.length]),
    [
      ['hits', 'counter', 1],
      ['wait', 'histogram', 3],
      ['temperature', 'untyped', 1],
    ],
  );
  assert.equal(families[0]?.samples[0]?.labels.get('path'), 'a"b\\c\nd');
  assert.equal(families[2]?.samples[0]?.value, '-1.5e3');
});

const broken = [
  'no value',
  '1starts_with_a_digit 1',
  'a{b=c} 1',
  'a{b="c} 1',
  'a{b="c",b="d"} 1',
  'a{b="\\x"} 1',
  'a{,} 1',
  'a{b="c"}',
  'a 0x10',
  'a 1_000',
  'a 1 2 3',
  'a{b="c"} {d="e"} 1',
  '# TYPE a nonsense',
  '# HELP 1 x',
  `a ${'9'.repeat(50)}`,
];

for (const line of broken) {
  test(`a line that is not exposition text is dropped and counted: ${line.slice(0, 30)}`, () => {
    assert.deepEqual(parseExposition(`${line}\n`, 100), { families: [], refusedLines: 1 });
  });
}

test('a type that comes late, or twice, changes nothing', () => {
  const late = parseExposition('a 1\n# TYPE a counter\n', 10);
  assert.deepEqual([late.families[0]?.type, late.refusedLines], ['untyped', 1]);
  const twice = parseExposition('# TYPE a gauge\n# TYPE a counter\na 1\n', 10);
  assert.deepEqual([twice.families[0]?.type, twice.refusedLines], ['gauge', 1]);
});

test('no more samples are kept than asked for', () => {
  const { families, refusedLines } = parseExposition('a 1\nb 1\nc 1\n', 2);
  assert.deepEqual([families.length, refusedLines], [2, 1]);
});

test('a line costs no more than its length: two million blanks do not hang the reader', () => {
  // At a cost of their square these would take hours: the test run's own limit ends it.
  const blanks = ' '.repeat(2_000_000);
  for (const line of [
    `a${blanks}"`,
    `a 1${blanks}x`,
    `a{${blanks}`,
    `a{b="${'\\n'.repeat(999_999)}`,
  ]) {
    assert.equal(parseExposition(line, 10).refusedLines, 1);
  }
});

test('no text makes the reader throw', () => {
  const piece = fc.constantFrom(
    'a',
    '{',
    '}',
    '"',
    '\\',
    '=',
    ',',
    ' ',
    '1',
    '\n',
    '# TYPE ',
    'le',
    '+Inf',
    '\t',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 40 }).map((p) => p.join('')),
  );
  fc.assert(
    fc.property(text, (source) => {
      const { families } = parseExposition(source, 100);
      for (const { samples } of families) assert.ok(samples.length > 0);
    }),
    { numRuns: 2_000 },
  );
});
