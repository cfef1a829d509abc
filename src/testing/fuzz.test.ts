// A short run of every fuzz target, each input from a seed that a failure prints, and proof that
// the harness finds what it should.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { failureText, fuzz } from './fuzz/run.ts';
import { fuzzCanary, fuzzTargets } from './fuzz/targets.ts';

const seed = randomInt(1_000_000_000);

for (const target of fuzzTargets) {
  test(`whatever ${target.name} reads ends in a decision or a declared error`, () => {
    const { failure, outcomes } = fuzz(target, seed, 150 * target.weight);
    assert.equal(failure, null, failure === null ? '' : failureText(failure));
    assert.ok(outcomes.size >= 2, `all inputs end the same: ${[...outcomes.keys()].join(', ')}`);
  });
}

test('a reader that repairs what it should refuse is found', () => {
  const { failure } = fuzz(fuzzCanary, seed, 100_000);
  assert.match(String(failure?.error), /repaired|canonical/);
});

test('a failure is made again from its seed and its number', () => {
  const { failure } = fuzz(fuzzCanary, seed, 100_000);
  assert.ok(failure !== null);
  const again = fuzz(fuzzCanary, failure.seed, 1, failure.index).failure;
  assert.deepEqual(again?.input, failure.input);
  assert.ok(failureText(failure).includes(`--from ${failure.index}`));
});
