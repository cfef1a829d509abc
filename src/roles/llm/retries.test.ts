// What happens over the wire when a deployment fails: who is asked next, after how long, what the
// client gets, and what counts as spent.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { systemWorld, type World } from '../../kit/world.ts';
import {
  askModel,
  lastDecision,
  modelBody,
  moneyOf,
  worstOf,
} from '../../testing/provider-calls.ts';
import { type LlmStack, startLlmStack, testPrice } from '../../testing/provider-stack.ts';
import { deployment, sharedProvider } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();

type More = Readonly<Record<string, unknown>>;

/** `sonnet` has two deployments, `one` before `two`; it falls back to `spare`. */
function routed(model: More = {}, routing: More = {}, world?: World): Promise<LlmStack> {
  return startLlmStack({
    ...{ provider, ...(world === undefined ? {} : { world }) },
    settings: (input) => ({
      ...input,
      routing: { retryWaitMs: 1, ...routing },
      models: [
        {
          name: 'sonnet',
          deployments: [deployment('one'), deployment('two', { order: 1 })],
          ...model,
        },
        { name: 'spare', deployments: [deployment('three')] },
      ],
    }),
  });
}

const good = {
  type: 'message',
  content: [{ type: 'text', text: 'fine' }],
  usage: { input_tokens: 10, output_tokens: 1 },
};
const cost = 10 * testPrice.inputNanoUsd + testPrice.outputNanoUsd;
const json = { 'content-type': 'application/json' };

type Act = (response: ServerResponse) => void;

const answer: Act = (response) => response.writeHead(200, json).end(JSON.stringify(good));
const fail =
  (status: number, text = '{}', headers = {}): Act =>
  (response) =>
    void response.writeHead(status, { ...json, ...headers }).end(text);

/** What each deployment does; gives the deployments asked, in order. */
function acting(acts: Readonly<Record<string, Act>>): string[] {
  const asked: string[] = [];
  provider.respond = ({ body }, response) => {
    const { model } = JSON.parse(body.toString());
    asked.push(model);
    (acts[model] ?? answer)(response);
  };
  return asked;
}

const tooLong = '{"type":"error","error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}';
const filtered = '{"error":{"code":"content_filter","message":"x"}}';

// What the first deployment does, and who is asked because of it.
const retried: readonly [name: string, act: Act, asked: readonly string[], status: number][] = [
  ['limits the rate', fail(429), ['one', 'two'], 200],
  ['is overloaded', fail(529), ['one', 'two'], 200],
  ['has a fault', fail(500), ['one', 'two'], 200],
  ['does not take our key', fail(401), ['one', 'two'], 200],
  ['has no credit of ours left', fail(402), ['one', 'two'], 200],
  ['does not know the model', fail(404), ['one', 'three'], 200],
  ['cannot hold the prompt', fail(400, tooLong), ['one', 'three'], 200],
  ['has a content policy', fail(400, filtered), ['one', 'three'], 200],
  ['finds the request wrong', fail(400), ['one'], 400],
];

for (const [name, act, asked, status] of retried) {
  test(`when a deployment ${name}, ${asked.length} are asked`, async () => {
    await using stack = await routed({ fallbacks: { general: ['spare'] } });
    const seen = acting({ one: act });
    const got = await askModel(stack);
    assert.deepEqual([got.status, seen], [status, asked]);
    const record = await lastDecision(stack, 1);
    assert.equal(record.spendNanoUsd, status === 200 ? cost : 0);
    if (status === 200)
      assert.equal(got.headers['x-clincher-deployment'], `claude/${asked.at(-1)}`);
  });
}

test('the fallback of a kind of failure is taken before the general one', async () => {
  const fallbacks = { general: ['other'], contextWindow: ['spare'] };
  await using stack = await startLlmStack({
    provider,
    settings: (input) => ({
      ...input,
      models: [
        { name: 'sonnet', deployments: [deployment('one')], fallbacks },
        { name: 'spare', deployments: [deployment('three')] },
        { name: 'other', deployments: [deployment('four')] },
      ],
    }),
  });
  const seen = acting({ one: fail(400, tooLong) });
  assert.equal((await askModel(stack)).status, 200);
  assert.deepEqual(seen, ['one', 'three']);
  const general = acting({ one: fail(404), three: fail(404) });
  assert.equal((await askModel(stack)).status, 200);
  assert.deepEqual(general, ['one', 'four']);
});

/** An error in the client's own dialect: it goes through as it is. */
const saying = (n: number) => `{"type":"error","error":{"type":"t","message":"no ${n}"}}`;

test('the last error goes to the client when nothing is left', async () => {
  await using stack = await routed();
  const seen = acting({ one: fail(529, saying(1)), two: fail(529, saying(2)) });
  const { status, answer: text, headers } = await askModel(stack);
  assert.deepEqual([status, text], [529, saying(1)]);
  assert.deepEqual(seen, ['one', 'two', 'one']);
  assert.equal(headers['x-clincher-reason'], 'provider-error');
  assert.equal((await moneyOf(stack)).spent, 0);
});

test('the same deployment is asked again after the time it names, and not before', async () => {
  await using stack = await routed({ deployments: [deployment('one')] });
  const times: number[] = [];
  provider.respond = (_request, response) => {
    times.push(performance.now());
    (times.length === 1 ? fail(429, '{}', { 'retry-after-ms': '120' }) : answer)(response);
  };
  assert.equal((await askModel(stack)).status, 200);
  assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 119, String(times));
});

test('too long a wait is left to the client, which is told', async () => {
  await using stack = await routed({ deployments: [deployment('one')] });
  const seen = acting({ one: fail(429, '{}', { 'retry-after': '3600' }) });
  const { status, headers } = await askModel(stack);
  assert.deepEqual([status, headers['retry-after'], seen], [429, '3600', ['one']]);
});

// It may have done the work: made again, it may be billed again.
const billed: readonly [name: string, act: Act][] = [
  ['cuts the connection', (response) => response.destroy()],
  ['times out at its gateway', fail(504)],
  ['ends an answer that never began', (response) => response.writeHead(200, json).end()],
];

for (const [name, act] of billed) {
  test(`a deployment that ${name} is not asked again, nor another, unless somebody says so`, async () => {
    const retries = { timeout: 2, unreachable: 2 };
    await using careful = await routed({ retries });
    const once = acting({ one: act });
    assert.ok(((await askModel(careful)).status ?? 0) >= 500);
    assert.deepEqual(once, ['one']);
    assert.equal((await moneyOf(careful)).spent, worstOf(modelBody));
    await using bold = await routed({ retries, retryBilled: true });
    const twice = acting({ one: act });
    assert.equal((await askModel(bold)).status, 200);
    assert.deepEqual(twice, ['one', 'two']);
    assert.equal((await moneyOf(bold)).spent, worstOf(modelBody) + cost);
  });
}

test('without money for another attempt the first failure is what the client gets', async () => {
  const budgets = [{ limitNanoUsd: worstOf(modelBody), window: 'day' }];
  await using stack = await startLlmStack({
    provider,
    settings: (input) => ({
      ...input,
      budgets,
      models: [
        {
          name: 'sonnet',
          deployments: [deployment('one'), deployment('two', { order: 1 })],
          ...{ retries: { timeout: 2 }, retryBilled: true },
        },
      ],
    }),
  });
  const seen = acting({ one: fail(504, saying(3)) });
  const { status, answer: text } = await askModel(stack);
  assert.deepEqual([status, text, seen], [504, saying(3), ['one']]);
  assert.equal((await moneyOf(stack)).left, 0);
});

test('a stream that begins with an error is asked of another deployment', async () => {
  await using stack = await routed();
  const event = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n';
  const seen = acting({
    one: (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(event),
  });
  assert.equal(
    (await askModel(stack, { body: modelBody.replace('{', '{"stream":true,') })).status,
    200,
  );
  assert.deepEqual(seen, ['one', 'two']);
});

test('a deployment that does not take our key is left alone by the next call', async () => {
  await using stack = await routed();
  const seen = acting({ one: fail(401) });
  assert.equal((await askModel(stack)).status, 200);
  assert.equal((await askModel(stack)).status, 200);
  assert.deepEqual(seen, ['one', 'two', 'two']);
});

test('after its time out one call tries a deployment, and the rest go elsewhere until it answers', async () => {
  const clock = { ms: 0 };
  const world = { ...systemWorld(), monotonicMs: () => clock.ms };
  await using stack = await routed({}, {}, world);
  // Each a conversation of its own, that stays nowhere.
  const ask = (text: string) => askModel(stack, { body: modelBody.replace('hi', text) });
  acting({ one: fail(401) });
  assert.equal((await ask('a')).status, 200);
  clock.ms += 5_000;
  const held: ServerResponse[] = [];
  const seen = acting({ one: (response) => void held.push(response) });
  const count = provider.requests.length;
  const probe = ask('b');
  await provider.received(count + 1);
  assert.equal((await ask('c')).status, 200);
  assert.equal((await ask('d')).status, 200);
  assert.deepEqual(seen, ['one', 'two', 'two']);
  for (const response of held) answer(response);
  assert.equal((await probe).status, 200);
  const later = acting({});
  assert.equal((await ask('e')).status, 200);
  assert.deepEqual(later, ['one']);
});

test('limits of a deployment send the next call elsewhere, or tell the client to wait', async () => {
  const one = [deployment('one', { rpm: 1 })];
  const deployments = [...one, deployment('two', { order: 1, rpm: 1 })];
  await using stack = await routed({ deployments });
  const seen = acting({});
  for (const status of [200, 200, 429]) assert.equal((await askModel(stack)).status, status);
  assert.deepEqual(seen, ['one', 'two']);
  const record = await lastDecision(stack, 3);
  assert.deepEqual([record.reason, record.spendNanoUsd], ['deployments-full', 0]);
});
