// Which deployment is chosen: a table for each strategy, and what holds for all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Choice, chooseDeployment, type LiveState, type Strategy } from './llm-choose.ts';
import { priceFromConfig } from './llm-price.ts';
import type { Candidate } from './llm-route.ts';

const price = priceFromConfig({ inputNanoUsd: 1, outputNanoUsd: 1 });

function candidate(id: string, more: Partial<Candidate> = {}): Candidate {
  return {
    ...{ id, group: 'g', provider: 'p', model: id, api: 'chat', price, outputTokens: 10 },
    worst: { inputTokens: 1, outputTokens: 10, nanoUsd: 1 },
    ...{ weight: 1, order: 0, rpm: null, tpm: null, parallelMax: null, isMarked: false },
    ...more,
  };
}

const idle: LiveState = { open: 0, latencyMs: null, calls: 0, tokens: 0, coolingUntilMs: 0 };

function choose(
  candidates: readonly Candidate[],
  states: Readonly<Record<string, Partial<LiveState>>> = {},
  more: Partial<Choice> = {},
) {
  const chosen = chooseDeployment(candidates, {
    ...{ strategy: 'simple-shuffle', tried: new Set(), preferred: null, nowMs: 1_000 },
    ...{ random: 0, desperate: false },
    live: (id) => ({ ...idle, ...states[id] }),
    ...more,
  });
  return 'candidate' in chosen ? chosen.candidate.id : chosen.none;
}

const [a, b, c] = [candidate('a'), candidate('b'), candidate('c')];
const cooling = { coolingUntilMs: 5_000 };

const rows: readonly [
  name: string,
  candidates: readonly Candidate[],
  states: Readonly<Record<string, Partial<LiveState>>>,
  more: Partial<Choice>,
  chosen: string,
][] = [
  ['the first share', [a, b, c], {}, { random: 0.3 }, 'a'],
  ['the last share', [a, b, c], {}, { random: 0.99 }, 'c'],
  ['a heavier one', [a, candidate('b', { weight: 8 })], {}, { random: 0.2 }, 'b'],
  ['no weightless one', [candidate('a', { weight: 0 }), b], {}, { random: 0 }, 'b'],
  ['a lower order first', [candidate('a', { order: 1 }), b], {}, { random: 0 }, 'b'],
  [
    'the next order when the first is out',
    [candidate('a', { order: 1 }), b],
    { b: cooling },
    {},
    'a',
  ],
  ['the least busy', [a, b], { a: { open: 3 } }, { strategy: 'least-busy' }, 'b'],
  [
    'the fastest',
    [a, b],
    { a: { latencyMs: 90 }, b: { latencyMs: 80 } },
    { strategy: 'latency' },
    'b',
  ],
  ['one never measured', [a, b], { a: { latencyMs: 1 } }, { strategy: 'latency' }, 'b'],
  ['the least used', [a, b], { a: { tokens: 9 }, b: { tokens: 8 } }, { strategy: 'usage' }, 'b'],
  [
    'the least used of what it may',
    [candidate('a', { tpm: 1_000 }), candidate('b', { tpm: 100 })],
    { a: { tokens: 80 }, b: { tokens: 50 } },
    { strategy: 'usage' },
    'a',
  ],
  [
    'the cheapest',
    [a, candidate('b', { worst: { inputTokens: 1, outputTokens: 1, nanoUsd: 0 } })],
    {},
    { strategy: 'cost' },
    'b',
  ],
  ['not one that failed', [a, b], {}, { tried: new Set(['a']) }, 'b'],
  ['nothing when all have failed', [a, b], {}, { tried: new Set(['a', 'b']) }, 'tried'],
  ['not one that cools down', [a, b], { a: cooling }, {}, 'b'],
  ['nothing when all cool down', [a, b], { a: cooling, b: cooling }, {}, 'cooling'],
  [
    'the first back, in despair',
    [a, b],
    { a: { coolingUntilMs: 9_000 }, b: cooling },
    { desperate: true },
    'b',
  ],
  ['the only one, though it cools down', [a], { a: cooling }, {}, 'a'],
  ['not one at its calls', [candidate('a', { rpm: 2 }), b], { a: { calls: 2 } }, {}, 'b'],
  [
    'not one at its parallel calls',
    [candidate('a', { parallelMax: 1 }), b],
    { a: { open: 1 } },
    {},
    'b',
  ],
  ['not one at its tokens', [candidate('a', { tpm: 100 }), b], { a: { tokens: 95 } }, {}, 'b'],
  ['a call larger than the limit, alone', [candidate('a', { tpm: 1 })], {}, {}, 'a'],
  ['nothing when all are full', [candidate('a', { rpm: 1 })], { a: { calls: 1 } }, {}, 'full'],
  ['the one that has the conversation', [a, b], {}, { preferred: 'b' }, 'b'],
  ['another when that one cools down', [a, b], { b: cooling }, { preferred: 'b' }, 'a'],
  ['whoever, when nobody knows it', [a, b], {}, { preferred: 'gone' }, 'a'],
];

for (const [name, candidates, states, more, chosen] of rows) {
  test(`chosen is ${name}`, () => assert.equal(choose(candidates, states, more), chosen));
}

const strategies: readonly Strategy[] = [
  ...(['simple-shuffle', 'least-busy', 'latency', 'usage', 'cost'] as const),
];
const maybe = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: null });

test('what is chosen had room, was warm and had not failed, if any such was there', () => {
  const someCandidates = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      weight: fc.nat(3),
      order: fc.nat(2),
      rpm: maybe(5),
      tpm: maybe(200),
      parallelMax: maybe(3),
    }),
    { selector: ({ id }) => id, minLength: 1 },
  );
  const state = fc.record({
    open: fc.nat(3),
    latencyMs: maybe(100),
    calls: fc.nat(6),
    tokens: fc.nat(250),
    coolingUntilMs: fc.nat(2_000),
  });
  const states = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), state);
  const tried = fc.subarray(['a', 'b', 'c', 'd', 'e']);
  fc.assert(
    fc.property(
      ...[someCandidates, states, tried, fc.constantFrom(...strategies)],
      ...[fc.double({ min: 0, max: 0.999_999, noNaN: true }), fc.boolean()],
      (parts, known, failed, strategy, random, desperate) => {
        const candidates = parts.map(({ id, ...more }) => candidate(id, more));
        const live = (id: string) => ({ ...idle, ...known[id] });
        const choice = { strategy, live, tried: new Set(failed), preferred: null };
        const nowMs = 1_000;
        const chosen = chooseDeployment(candidates, { ...choice, nowMs, random, desperate });
        const isRoomy = (one: Candidate) => {
          const { calls, open, tokens } = live(one.id);
          return (
            (one.rpm === null || calls < one.rpm) &&
            (one.parallelMax === null || open < one.parallelMax) &&
            (one.tpm === null || tokens === 0 || tokens + 10 <= one.tpm)
          );
        };
        const left = candidates.filter((one) => !failed.includes(one.id) && isRoomy(one));
        const warm = left.filter(({ id }) => live(id).coolingUntilMs <= nowMs);
        if ('none' in chosen) {
          assert.ok(warm.length === 0 && (left.length === 0 || !desperate));
          return;
        }
        assert.ok(left.includes(chosen.candidate));
        if (warm.length > 0 && candidates.length > 1) assert.ok(warm.includes(chosen.candidate));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('shares come out as the weights say', () => {
  const candidates = [candidate('a', { weight: 1 }), candidate('b', { weight: 3 })];
  const counts = { a: 0, b: 0 };
  for (let at = 0; at < 1_000; at += 1) {
    const id = choose(candidates, {}, { random: at / 1_000 });
    if (id === 'a' || id === 'b') counts[id] += 1;
  }
  assert.deepEqual(counts, { a: 250, b: 750 });
});
