// The policy that is sure of itself only as far as it has seen: what it never does, and the bound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomOf } from '../../../scripts/cache-eval/intents.ts';
import type { Observation } from './types.ts';
import { ErrorBudget, fitObservations, observationsMin, quantile, riskAt } from './verified.ts';

const observation = fc.record({
  similarity: fc.double({ min: 0, max: 1, noNaN: true }),
  same: fc.boolean(),
});

test('with too little seen, or nothing that was the same, there is no fit', () => {
  const one: Observation = { similarity: 0.9, same: true };
  assert.equal(fitObservations(Array(observationsMin - 1).fill(one)), null);
  assert.notEqual(fitObservations(Array(observationsMin).fill(one)), null);
  assert.equal(fitObservations(Array(100).fill({ similarity: 0.9, same: false })), null);
});

test('the risk is a probability, and never grows with similarity', () => {
  const some = fc.array(observation, { minLength: 6, maxLength: 60 });
  const similarity = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(some, similarity, similarity, (seen, one, other) => {
      const fit = fitObservations(seen);
      if (fit === null) return;
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      assert.ok(riskAt(fit, low) >= riskAt(fit, high) - 1e-9);
      for (const at of [low, high]) assert.ok(riskAt(fit, at) >= 0 && riskAt(fit, at) <= 1);
    }),
  );
});

test('the fit lies where the two kinds part, however many more there are of the one', () => {
  const at = (similarity: number, count: number, same: boolean): Observation[] =>
    Array(count).fill({ similarity, same });
  const wrong = [...at(0.32, 2, false), ...at(0.42, 5, false), ...at(0.52, 4, false)];
  const right = [...at(0.42, 6, true), ...at(0.52, 12, true), ...at(0.95, 300, true)];
  const fit = fitObservations([...wrong, ...right, ...at(0.62, 24, true)]);
  assert.ok(fit !== null && fit.threshold > 0.3 && fit.threshold < 0.5, JSON.stringify(fit));
  assert.ok(riskAt(fit, 0.95) < 0.05, String(riskAt(fit, 0.95)));
  assert.ok(riskAt(fit, 0.35) > 0.5, String(riskAt(fit, 0.35)));
});

test('more of the same lowers the risk, and one wrong answer raises it', () => {
  const right = (count: number): Observation[] =>
    Array(count).fill({ similarity: 0.8, same: true });
  const riskOf = (seen: readonly Observation[]) => {
    const fit = fitObservations(seen);
    return fit === null ? 1 : riskAt(fit, 0.85);
  };
  assert.ok(riskOf(right(200)) < riskOf(right(6)));
  assert.ok(riskOf([...right(20), { similarity: 0.9, same: false }]) > riskOf(right(20)));
});

test('the bound holds over requests, where similarity says how probable it is', () => {
  for (const errorMax of [0.01, 0.02, 0.05]) {
    const random = randomOf(7);
    const budget = new ErrorBudget(errorMax);
    const seen: Observation[] = [];
    let [hits, wrong, fit] = [0, 0, fitObservations(seen)];
    const requests = 20_000;
    for (let count = 0; count < requests; count += 1) {
      budget.request();
      const similarity = random();
      const same = random() < 1 / (1 + Math.exp(-25 * (similarity - 0.6)));
      if (fit !== null && budget.spend(riskAt(fit, similarity))) {
        hits += 1;
        if (!same) wrong += 1;
        continue;
      }
      seen.push({ similarity, same });
      if (seen.length % 16 === 0) fit = fitObservations(seen);
    }
    assert.ok(wrong / requests <= errorMax, `${wrong} of ${requests} at ${errorMax}`);
    assert.ok(hits > requests / 10, `${hits} at ${errorMax}`);
  }
});

test('a budget spends what it has and no more, and does not save up for ever', () => {
  const budget = new ErrorBudget(0.01);
  assert.equal(budget.spend(0.001), false);
  for (let count = 0; count < 100_000; count += 1) budget.request();
  let spent = 0;
  while (budget.spend(0.1)) spent += 0.1;
  assert.ok(spent <= 2.1, String(spent));
});

test('quantiles of the normal distribution, against a table', () => {
  for (const [p, z] of [
    [0.5, 0],
    [0.9, 1.281552],
    [0.975, 1.959964],
    [0.999, 3.090232],
    [0.01, -2.326348],
  ] as const) {
    assert.ok(Math.abs(quantile(p) - z) < 1e-5, `${p}: ${quantile(p)}`);
  }
});
