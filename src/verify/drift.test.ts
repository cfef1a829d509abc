// What is news between two reports, and what is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reported } from '../testing/reports.ts';
import { driftLines, driftOf } from './drift.ts';
import { judge, type Observation } from './judge.ts';

const at = { file: 'clincher.yaml', line: 4, column: 2 };
const edge = { by: 'gateway--llm.api', at };
const base: Observation = {
  ...{ from: 'gateway', to: 'llm', via: 'unix', what: '/sock', declared: null },
  ...{ observed: 'denied', evidence: 'EACCES', fix: 'Restart llm.' },
};
const row = (change: Partial<Observation> = {}) => judge({ ...base, ...change });
const open = { observed: 'open', evidence: 'connected' } as const;

/** From the first list of rows to the second. */
function drift(before: readonly Partial<Observation>[], after: readonly Partial<Observation>[]) {
  const { sentences, isWorse } = driftOf(reported(before.map(row)), reported(after.map(row)));
  return { sentences, isWorse };
}

const words = 'gateway -> llm, unix /sock';
const table: readonly (readonly [
  name: string,
  before: Partial<Observation>,
  after: Partial<Observation> | null,
  sentences: readonly string[],
  isWorse: boolean,
])[] = [
  ['nothing', {}, {}, [], false],
  ['another closed thing was tried', {}, { what: 'x' }, [], false],
  [
    'a way that nothing declares',
    {},
    open,
    [`${words} differs now: connected. It was denied before.`],
    true,
  ],
  [
    'an edge that went down',
    { ...open, declared: edge },
    { declared: edge, observed: 'down' },
    [`${words} differs now: EACCES. It was open before.`],
    true,
  ],
  ['a difference that stays', open, open, [], false],
  ['a difference that was mended', open, {}, [`${words} does not differ any more.`], false],
  [
    'a way by the network outside',
    { comesWithOutside: true },
    { ...open, comesWithOutside: true },
    [`${words} is reached now, by the network that leads out.`],
    true,
  ],
  [
    'a place to write that was not there',
    { what: 'x' },
    { ...open, declared: edge },
    [`${words} is open now.`],
    true,
  ],
  [
    'a way that is declared no more',
    { ...open, declared: edge },
    null,
    [`${words} is not there any more.`],
    false,
  ],
];

for (const [name, before, after, sentences, isWorse] of table) {
  test(`drift: ${name}`, () => {
    assert.deepEqual(drift([before], after === null ? [] : [after]), { sentences, isWorse });
  });
}

test('what a new declaration opens is told with its line, and is no alarm', () => {
  const before = { ...reported([row()]), topologyHash: 'f'.repeat(64) };
  const found = driftOf(before, reported([row({ ...open, declared: edge })]));
  assert.equal(found.isWorse, false);
  assert.match(found.sentences[0] ?? '', /^Another topology is declared: ffffffffffff before, /);
  assert.equal(found.sentences[1], `${words} is open now, declared at clincher.yaml:4:2.`);
});

test('no news is said too', () => {
  const report = reported([row()]);
  assert.deepEqual(driftLines(driftOf(report, report)), [
    'Since 2026-01-02 03:04 UTC: nothing has changed.',
  ]);
});
