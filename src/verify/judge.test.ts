// Declared against observed, all of it: only two ways are fine, and nothing that is unknown is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, verdictOf } from './judge.ts';
import type { Declared, State, Verdict } from './model.ts';

const states: readonly State[] = ['open', 'denied', 'down', 'absent', 'unknown'];
const at = { file: 'clincher.yaml', line: 4, column: 2 };
const edge: Declared = { by: 'a--b.api', at };

const table: Readonly<Record<string, readonly Verdict[]>> = {
  declared: ['as-declared', 'difference', 'difference', 'difference', 'difference'],
  undeclared: ['difference', 'as-declared', 'difference', 'as-declared', 'difference'],
  'undeclared, with network outside': [
    'outside',
    'as-declared',
    'outside',
    'as-declared',
    'outside',
  ],
};

for (const [name, verdicts] of Object.entries(table)) {
  for (const [index, state] of states.entries()) {
    test(`${name} and ${state} is ${verdicts[index]}`, () => {
      const declared = name === 'declared';
      assert.equal(verdictOf(declared, state, name.endsWith('outside')), verdicts[index]);
    });
  }
}

test('a declared edge stays a difference when it is down, also with network outside', () => {
  assert.equal(verdictOf(true, 'down', true), 'difference');
});

const row = (observed: State, declared: Declared | null, what = 'x') =>
  judge({
    ...{ from: 'a', to: 'b', via: 'unix', what, declared, observed },
    ...{ evidence: 'seen', fix: 'Do something.' },
  });

test('a row carries its fix only when it differs', () => {
  assert.equal(row('open', null).fix, 'Do something.');
  assert.equal(row('open', edge).fix, null);
});

test('a name that a service chose does not drive the terminal of who reads the report', () => {
  const path = '/tmp/\u001b]0;fine\u0007\n  no difference/.ssh';
  const shown = '/tmp/\\x1b]0;fine\\x07\\x0a  no difference/.ssh';
  assert.equal(row('open', null, path).what, shown);
  const { evidence, fix } = judge({
    ...{ from: 'a', to: 'b', via: 'unix', what: 'x', declared: null, observed: 'open' },
    ...{ evidence: path, fix: path },
  });
  assert.deepEqual([evidence, fix], [shown, shown]);
});
