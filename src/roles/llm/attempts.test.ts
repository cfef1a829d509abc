// The loop of attempts against providers that fail at random: whatever they do, it ends, nothing
// that may have been billed goes uncounted, and nobody is asked who should not be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemWorld } from '../../kit/world.ts';
import { priceFromConfig } from '../../policy/llm-price.ts';
import { readModelRequest } from '../../policy/llm-request.ts';
import type { Candidate, RouteGroup } from '../../policy/llm-route.ts';
import { recordedTelemetry } from '../../testing/wire.ts';
import { makeAttempts } from './attempts.ts';
import type { House } from './house.ts';
import { adapters } from './providers/index.ts';
import { LiveStates } from './routing/live.ts';
import { deploymentSchema, modelSchema, providerSchema } from './routing/settings.ts';
import { AnswerBody } from './upstream/answer-body.ts';
import { UpstreamFailure } from './upstream/upstream.ts';

/** What one attempt comes to at a provider. */
type Fate = 'fine' | 'unsent' | 'lost' | 'late' | 429 | 500 | 502 | 400 | 401 | 404 | 'too-long';
const fates: readonly Fate[] = [
  ...(['fine', 'unsent', 'lost', 'late', 429, 500, 502, 400, 401, 404, 'too-long'] as const),
];
const billedFates: readonly Fate[] = ['lost', 'late', 502];

const body = Buffer.from('{"model":"a","messages":[]}');
const price = priceFromConfig({ inputNanoUsd: 1, outputNanoUsd: 1 });
const provider = providerSchema.parse({
  ...{ name: 'p', dialect: 'openai', baseUrl: 'https://h.example', key: null, keyHint: '' },
});

function candidate(group: string, at: number): Candidate {
  return {
    ...{ id: `${group}${at}`, group, provider: 'p', model: 'm', api: 'chat', price },
    ...{ worst: { inputTokens: 1, outputTokens: 1, nanoUsd: 1 }, outputTokens: 1, weight: 1 },
    ...{ order: 0, rpm: null, tpm: null, parallelMax: null, isMarked: false },
  };
}

function answerOf(fate: Fate) {
  if (fate === 'unsent') throw new UpstreamFailure('upstream-unreachable', 'x', false);
  if (fate === 'lost') throw new UpstreamFailure('upstream-unreachable', 'x', true);
  if (fate === 'late') throw new UpstreamFailure('provider-timeout', 'x', true);
  const text = fate === 'too-long' ? '{"error":{"code":"context_length_exceeded"}}' : '{}';
  const status = fate === 'fine' ? 200 : fate === 'too-long' ? 400 : fate;
  const body = new AnswerBody({ pause() {}, resume() {}, abort() {} });
  body.push(Buffer.from(text));
  body.end(true);
  return { status, headers: {}, body, tunnel: 'r' };
}

interface Scene {
  readonly sizes: readonly number[];
  readonly retries: number;
  readonly retryBilled: boolean;
  readonly script: readonly Fate[];
  readonly broke: number;
}

/** Groups `a` (the primary), `b`, `c`; every attempt takes the next fate of the script. */
async function play({ sizes, retries, retryBilled, script, broke }: Scene) {
  const world = { ...systemWorld(), randomBytes: () => Buffer.alloc(4) };
  const telemetry = recordedTelemetry('llm');
  const live = new LiveStates(() => 0);
  const every = { timeout: retries, unreachable: retries, 'rate-limit': retries };
  const all = { ...every, 'server-error': retries, auth: retries, 'not-found': 0 };
  const names = ['a', 'b', 'c'].slice(0, sizes.length);
  const groups: RouteGroup[] = names.map((model, at) => ({
    model,
    candidates: Array.from({ length: sizes[at] ?? 1 }, (_, one) => candidate(model, one)),
  }));
  const bare = { provider: 'p', model: 'm' };
  const asked: { id: string; group: string; fate: Fate }[] = [];
  const settled: string[] = [];
  let began = 0;
  const house = {
    ...{ world, telemetry, live, translation: async () => null },
    meter: { attemptFailed: () => {} },
    settings: {
      limits: { firstByteTimeoutMs: 1_000 },
      routing: { fallbacksMax: 5, retryWaitMs: 0, retryWaitMsMax: 0 },
    },
    modelOf: (name: string) =>
      modelSchema.parse({ name, deployments: [bare], retries: all, retryBilled }),
    deploymentOf: () => deploymentSchema.parse(bare),
    placeOf: (id: string) => ({
      ...{ provider, adapter: adapters.openai, url: new URL('https://h.example'), secret: '' },
      ...{ headers: {}, keyHint: '' },
      upstream: {
        async call() {
          const fate = script[asked.length] ?? 'fine';
          asked.push({ id, group: id.slice(0, 1), fate });
          return answerOf(fate);
        },
      },
    }),
  } as unknown as House;
  const request = readModelRequest('chat', body);
  assert.ok(!('fault' in request));
  const [primary, ...rest] = groups;
  assert.ok(primary !== undefined);
  const made = await makeAttempts(
    house,
    { request, body, headers: {}, search: '', requestId: 'r' },
    {
      plan: { primary, fallbacks: { general: rest, contextWindow: rest, contentPolicy: [] } },
      preferred: null,
      signal: new AbortController().signal,
      affordable: () => true,
      begin: async () => {
        began += 1;
        return began <= broke;
      },
      failed: ({ candidate: { id }, billed }) => void (billed && settled.push(id)),
    },
  );
  if (made.outcome.kind === 'answered') made.outcome.deadline.end();
  return { made, asked, settled, groups, live };
}

const scenes = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
  retries: fc.nat(3),
  retryBilled: fc.boolean(),
  script: fc.array(fc.constantFrom(...fates), { maxLength: 12 }),
  broke: fc.oneof(fc.nat(4), fc.constant(100)),
});

test('whatever providers do, the loop ends as it should', async () => {
  await fc.assert(
    fc.asyncProperty(scenes, async (scene) => {
      const { made, asked, settled, groups, live } = await play(scene);
      const { outcome } = made;
      // It ends with the first answer, and with nothing else than an answer or the last failure.
      assert.equal(outcome.kind === 'answered', asked.at(-1)?.fate === 'fine');
      assert.ok(asked.slice(0, -1).every(({ fate }) => fate !== 'fine'));
      // What may have been billed is counted, once for each time.
      const billed = asked.filter(({ fate }) => billedFates.includes(fate));
      assert.deepEqual(
        settled,
        billed.map(({ id }) => id),
      );
      for (const [at, { fate, group }] of asked.entries()) {
        const next = asked[at + 1];
        if (next === undefined) continue;
        assert.notEqual(fate, 400, 'the fault of a request is nobody else to try');
        if (billedFates.includes(fate) && !scene.retryBilled) assert.notEqual(next.group, group);
        if (fate === 404 || fate === 'too-long') assert.notEqual(next.group, group);
      }
      // Groups come one after the other, each with no more attempts than its retries allow.
      const order = asked.map(({ group }) => group).filter((one, at, list) => one !== list[at - 1]);
      assert.deepEqual(order, groups.map(({ model }) => model).slice(0, order.length));
      assert.ok(asked.length <= Math.min(scene.broke, groups.length * (1 + 5 * scene.retries)));
      assert.equal(made.fallbacks >= order.length - 1, true);
      // Nothing is left open but the answer.
      const open = groups
        .flatMap(({ candidates }) => candidates)
        .map(({ id }) => live.read(id).open);
      const sum = open.reduce((total, one) => total + one, 0);
      assert.equal(sum, outcome.kind === 'answered' ? 1 : 0);
    }),
    { numRuns: 300 },
  );
});

test('a deployment that failed is not asked again while another is left', async () => {
  const { asked } = await play({
    ...{ sizes: [3], retries: 3, retryBilled: false, broke: 100 },
    script: [500, 500, 500, 'fine'],
  });
  assert.equal(new Set(asked.slice(0, 3).map(({ id }) => id)).size, 3);
  assert.equal(asked.length, 4);
});
