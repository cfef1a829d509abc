// What is done with the nearest entries, by each policy.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecideContext, decide } from './decide.ts';
import type { Neighbour, Observation } from './types.ts';
import { ErrorBudget, fitObservations } from './verified.ts';

const near = (text: string, similarity: number, observations: Observation[] = []): Neighbour => ({
  entry: { id: text, owner: 'o', question: { scope: 's', text }, observations },
  similarity,
});
const right: Observation[] = Array(500).fill({ similarity: 0.7, same: true });
const rich = () => {
  const budget = new ErrorBudget(0.5);
  for (let count = 0; count < 1_000; count += 1) budget.request();
  return budget;
};
const verified = (more: Partial<DecideContext> = {}, budget = rich()): DecideContext => ({
  policy: { kind: 'verified', budget, pooled: fitObservations(right) },
  isCommon: () => true,
  random: () => 0.5,
  ...more,
});
const question = 'what does the blue one cost?';
const asked = 'tell me the price of the blue one';

test('verified: an entry near enough answers, where the budget goes so far', () => {
  const decision = decide(question, [near(asked, 0.9)], verified());
  assert.equal(decision.kind, 'hit');
  assert.equal(
    decide(question, [near(asked, 0.9)], verified({}, new ErrorBudget(0.5))).kind,
    'explore',
  );
});

test('verified: every so often the model is asked however sure it is', () => {
  assert.equal(
    decide(question, [near(asked, 0.99)], verified({ random: () => 0.01 })).kind,
    'explore',
  );
});

test('verified: an entry that was wrong at this distance does not lean on the others', () => {
  // Of vectors and words together.
  const wrong = [{ similarity: 0.99, same: false }];
  assert.equal(
    decide(question, [near(asked, 0.9, wrong)], verified({}, new ErrorBudget(0))).kind,
    'explore',
  );
  const budget = new ErrorBudget(0.005);
  for (let count = 0; count < 1_000; count += 1) budget.request();
  assert.equal(decide(question, [near(asked, 0.9, wrong)], verified({}, budget)).kind, 'explore');
  assert.equal(decide(question, [near(asked, 0.9)], verified({}, budget)).kind, 'hit');
});

test('verified: without anything learned nothing answers', () => {
  const policy = { kind: 'verified', budget: rich(), pooled: null } as const;
  const budget = new ErrorBudget(0.001);
  assert.equal(
    decide(question, [near(asked, 0.99)], verified({ policy: { ...policy, budget } })).kind,
    'explore',
  );
});

test('the guard passes over what differs, and takes the next', () => {
  const neighbours = [near('what do 5 blue ones cost?', 0.95), near(asked, 0.9)];
  const decision = decide(question, neighbours, verified());
  assert.equal(decision.kind === 'hit' && decision.entry.id, asked);
  assert.deepEqual(decide(question, [neighbours[0] ?? near('', 0)], verified()), {
    kind: 'miss',
    why: 'number',
  });
});

test('fixed: the threshold alone, or with the guard', () => {
  const policy = (guard: boolean) => verified({ policy: { kind: 'fixed', threshold: 0.8, guard } });
  const other = [near('what do 5 blue ones cost?', 0.85)];
  assert.equal(decide(question, other, policy(false)).kind, 'hit');
  assert.equal(decide(question, other, policy(true)).kind, 'miss');
  assert.deepEqual(decide(question, [near(asked, 0.79)], policy(false)), {
    kind: 'miss',
    why: 'not-similar',
  });
  assert.deepEqual(decide(question, [], policy(false)), { kind: 'miss', why: 'nothing-near' });
});
