// The report's own promises: a row for each thing tried, a name for each row, one order, one
// verdict.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reported } from '../testing/reports.ts';
import { judge, type Observation } from './judge.ts';

const at = { file: 'clincher.yaml', line: 4, column: 2 };
const base: Observation = {
  ...{ from: 'gateway', to: 'llm', via: 'unix', what: 'x', declared: null },
  ...{ observed: 'denied', evidence: 'EACCES', fix: 'Restart llm.' },
};
const row = (change: Partial<Observation> = {}) => judge({ ...base, ...change });
const edge = { by: 'gateway--llm.api', at };

test('a report is red for one difference, and shows it first', () => {
  const report = reported([
    row({ declared: edge, observed: 'open' }),
    row({ what: 'y', observed: 'open' }),
  ]);
  assert.equal(report.exitCode, 1);
  assert.equal(report.rows[0]?.what, 'y');
  assert.deepEqual(report.counts, { difference: 1, outside: 0, 'as-declared': 1 });
});

test('a report without a row proves nothing and is red', () => {
  assert.equal(reported([]).exitCode, 1);
  assert.equal(reported([row()]).exitCode, 0);
});

test('rows come in the same order and under the same names whoever answered first', () => {
  const rows = [row(), row({ to: 'egress' }), row({ from: 'llm' }), row({ what: 'w' })];
  const there = reported(rows).rows;
  assert.deepEqual(reported(rows.toReversed()).rows, there);
  assert.equal(new Set(there.map(({ id }) => id)).size, rows.length);
  assert.match(there[0]?.id ?? '', /^[0-9a-f]{15}$/);
});

test('of two answers to one question the worse one stays', () => {
  const twice = [row(), row({ observed: 'open' }), row()];
  assert.deepEqual(
    reported(twice).rows.map(({ observed }) => observed),
    ['open'],
  );
});

test('every row says where it was declared, or whose declaration leaves it out', () => {
  const [declared] = reported([row({ declared: edge, observed: 'open' })]).rows;
  assert.deepEqual(declared?.at, at);
  const [closed] = reported([row({ from: 'docker-proxy' })]).rows;
  assert.deepEqual(closed?.at, { file: 'clincher.yaml', line: 6, column: 5 });
});

test('what was asked of a guard is declared by the edge to it, a secret by who gives it', () => {
  const lineOf = (change: Partial<Observation>) => reported([row(change)]).rows[0]?.at.line;
  // By the provider's line: the edge to egress is there for it, and so is its key.
  assert.equal(lineOf({ from: 'llm', to: 'internet', via: 'http', deniedBy: 'egress' }), 3);
  const through = { from: 'llm', to: 'internet', what: 'CONNECT x through egress' } as const;
  assert.equal(lineOf({ ...through, observed: 'open' }), 3);
  assert.equal(lineOf({ from: 'metrics', to: 'secret provider-anthropic-key' }), 3);
  // By nobody's: a default, whose line is none.
  assert.equal(lineOf({ from: 'metrics', to: 'llm' }), 0);
  assert.equal(lineOf({ from: 'people', to: 'docker-proxy', via: 'tcp4' }), 6);
  assert.equal(lineOf({ from: 'the attacks', to: 'host' }), 0);
});

test('a denial says by whom; anything else was denied by nobody', () => {
  const by = (change: Partial<Observation>) => row(change).deniedBy;
  assert.equal(by({}), 'its isolation');
  assert.equal(by({ via: 'http', deniedBy: 'egress' }), 'egress');
  assert.equal(by({ observed: 'open', deniedBy: 'egress' }), null);
});

test('what a service has named is cut where it would fill the report', () => {
  assert.equal(row({ what: 'x'.repeat(9_000) }).what.length, 2_001);
});
