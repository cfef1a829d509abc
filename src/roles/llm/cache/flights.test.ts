// The same request from several at the same time: one is asked for all of them, and whatever
// becomes of that one, each of the others gets an answer or a refusal of its own.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import {
  answering,
  askCached,
  type CachedAsk,
  chatAnswer,
  startCachedStack,
} from '../../../testing/cached-stack.ts';
import { type LlmStack, otherKey } from '../../../testing/provider-stack.ts';

let stack: LlmStack;
let asked = 0;
/** What the provider has been asked and has not answered. */
let waiting: ServerResponse[] = [];

before(async () => {
  stack = await startCachedStack(
    { share: 'caller' },
    {
      settings: (input) => ({
        ...input,
        keys: [
          { name: 'agent', secret: 'agent-key', caller: 'gateway' },
          { name: 'poor', secret: 'other-key', caller: 'gateway' },
        ],
        budgets: [
          { limitNanoUsd: 10_000_000_000, window: 'day', at: 'clincher.yaml:4:1' },
          { by: 'key', name: 'poor', limitNanoUsd: 1, window: 'day', at: 'clincher.yaml:5:1' },
        ],
      }),
    },
  );
});
beforeEach(() => {
  waiting = [];
  asked = stack.provider.requests.length;
  stack.provider.respond = (_request, response) => void waiting.push(response);
});
after(() => stack[Symbol.asyncDispose]());

const ask = (text: string, more?: CachedAsk) => askCached(stack, text, more);
const calls = () => stack.provider.requests.length - asked;
const answer = (response: ServerResponse | undefined, body: string, status = 200) => {
  response?.writeHead(status, { 'content-type': 'application/json' });
  response?.end(body);
};
/** So many are open in the proxy, and each was read: nothing tells from outside that one waits. */
async function inProxy(count: number): Promise<void> {
  const gauge = stack.telemetry.metrics.getSingleMetric('clincher_open_connections');
  while (((await gauge?.get())?.values[0]?.value ?? 0) < count) {
    await new Promise((next) => setImmediate(next));
  }
  await new Promise((next) => setTimeout(next, 100));
}

/** The first has reached the provider, and the others are in the proxy. */
async function together(
  first: () => Promise<unknown>,
  others: readonly (() => Promise<unknown>)[],
) {
  const leading = first();
  await stack.provider.received(asked + 1);
  const following = others.map((one) => one());
  await inProxy(1 + others.length);
  return [leading, ...following];
}

test('one is asked for all, and all get its answer', async () => {
  const replies = await together(() => ask('a'), [() => ask('a'), () => ask('a')]);
  assert.equal(calls(), 1);
  answer(waiting[0], chatAnswer('one'));
  const all = (await Promise.all(replies)) as Awaited<ReturnType<typeof ask>>[];
  assert.deepEqual(
    all.map(({ did }) => did),
    ['miss', 'joined', 'joined'],
  );
  assert.deepEqual(new Set(all.map((one) => one.answer)), new Set([chatAnswer('one')]));
  assert.equal(calls(), 1);
});

test("a failure of the first is nobody else's: they ask for themselves", async () => {
  const replies = await together(() => ask('b'), [() => ask('b'), () => ask('b')]);
  answer(waiting[0], '{"error":{"message":"bad"}}', 400);
  await stack.provider.received(asked + 3);
  for (const response of waiting.slice(1)) answer(response, chatAnswer('own'));
  const all = (await Promise.all(replies)) as Awaited<ReturnType<typeof ask>>[];
  assert.deepEqual(
    all.map(({ status }) => status),
    [400, 200, 200],
  );
});

test('the first leaves: one of the others goes ahead for the rest', async () => {
  const gone = new AbortController();
  const first = () => ask('c', { signal: gone.signal }).catch(() => null);
  const replies = await together(first, [() => ask('c'), () => ask('c'), () => ask('c')]);
  gone.abort();
  await stack.provider.received(asked + 2);
  await inProxy(3);
  assert.equal(calls(), 2);
  answer(waiting[1], chatAnswer('second'));
  const all = (await Promise.all(replies)) as (Awaited<ReturnType<typeof ask>> | null)[];
  assert.deepEqual(all.map((one) => one?.did).sort(), ['joined', 'joined', 'miss', undefined]);
  assert.equal(calls(), 2);
});

test('the first has no budget: the others have theirs', async () => {
  answering(stack.provider, () => 'paid');
  const poor = ask('d', { key: otherKey });
  const rich = ask('d');
  const [refused, given] = [await poor, await rich];
  assert.equal(refused.status, 402);
  assert.deepEqual([given.status, given.did], [200, 'miss']);
});

test('who has no budget may wait for the answer of one who has', async () => {
  const replies = await together(() => ask('e'), [() => ask('e', { key: otherKey })]);
  answer(waiting[0], chatAnswer('shared'));
  const all = (await Promise.all(replies)) as Awaited<ReturnType<typeof ask>>[];
  assert.deepEqual(
    all.map(({ did }) => did),
    ['miss', 'joined'],
  );
});

test("an answer that calls a tool is one's own", async () => {
  const replies = await together(() => ask('f'), [() => ask('f')]);
  answer(waiting[0], chatAnswer('x', false, { finish_reason: 'tool_calls' }));
  await stack.provider.received(asked + 2);
  answer(waiting[1], chatAnswer('own'));
  const all = (await Promise.all(replies)) as Awaited<ReturnType<typeof ask>>[];
  assert.deepEqual(
    all.map(({ did }) => did),
    ['miss', 'miss'],
  );
});

test('who asks for no cache waits for nobody and lets nobody wait', async () => {
  const fresh = { body: { cache: { 'no-cache': true } } };
  const replies = await together(() => ask('g', fresh), [() => ask('g', fresh), () => ask('g')]);
  await stack.provider.received(asked + 3);
  for (const response of waiting) answer(response, chatAnswer('each'));
  const all = (await Promise.all(replies)) as Awaited<ReturnType<typeof ask>>[];
  assert.deepEqual(
    all.map(({ did }) => did),
    ['miss', 'miss', 'miss'],
  );
});

test('an answer that may not be stored is not shared while it is made', async () => {
  const own = { body: { cache: { 'no-store': true } } };
  const replies = await together(() => ask('h', own), [() => ask('h')]);
  await stack.provider.received(asked + 2);
  for (const response of waiting) answer(response, chatAnswer('each'));
  const all = (await Promise.all(replies)) as Awaited<ReturnType<typeof ask>>[];
  assert.deepEqual(
    all.map(({ did }) => did),
    ['miss', 'miss'],
  );
});

test('nobody waits longer than the bound', async () => {
  await using hasty = await startCachedStack(
    { limits: { waitMs: 20 } },
    { provider: stack.provider },
  );
  const first = askCached(hasty, 'i');
  await stack.provider.received(asked + 1);
  const second = askCached(hasty, 'i');
  await stack.provider.received(asked + 2);
  for (const response of waiting) answer(response, chatAnswer('slow'));
  assert.deepEqual([(await first).did, (await second).did], ['miss', 'miss']);
});
