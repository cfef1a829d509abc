// Answers to something similar, over the wire: nothing is given before it was seen to be right,
// what was wrong is given no more, and what was given is checked by the share that settings say.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { systemWorld, type World } from '../../../kit/world.ts';
import { hiddenInputTokens } from '../../../policy/llm-cost.ts';
import {
  answering,
  askCached,
  askedText,
  type CachedAsk,
  chatAnswer,
  checked,
  checksOf,
  startCachedStack,
} from '../../../testing/cached-stack.ts';
import { startProvider, type TestProvider } from '../../../testing/provider.ts';
import {
  type LlmStack,
  otherKey,
  providerHost,
  type StackChoices,
  testPrice,
  virtualKey,
} from '../../../testing/provider-stack.ts';

let provider: TestProvider;

before(async () => {
  provider = await startProvider([providerHost]);
});
beforeEach(() => answering(provider, () => 'it is 42'));
after(() => provider[Symbol.asyncDispose]());

/** Nothing is left to chance: neither a check nor an exploration that was not due. */
const world: World = { ...systemWorld(), randomBytes: (length) => Buffer.alloc(length, 0x80) };

const semantic = (more: object = {}, cache: object = {}, choices: StackChoices = {}) =>
  startCachedStack(
    { mode: 'semantic', semantic: { errorMax: 0.5, checkShare: 0, ...more }, ...cache },
    { provider, world, ...choices },
  );

/** Ways to ask one thing, which the guard lets through. */
const ways = [
  'how much does the blue one cost?',
  'what does the blue one cost?',
  'tell me what the blue one costs',
  'what is the cost of the blue one?',
  'how much is the cost of the blue one?',
  'what would the blue one cost me?',
  'can you tell me what the blue one costs?',
  'please tell me how much the blue one costs',
  'what does the blue one cost now?',
  'how much would the blue one cost?',
  'what would be the cost of the blue one?',
  'what will the blue one cost?',
];

async function didOf(stack: LlmStack, texts: readonly string[]): Promise<string[]> {
  const did: string[] = [];
  for (const text of texts) did.push((await askCached(stack, text)).did);
  return did;
}

test('before anything was learned the model is asked, and then what means the same is answered', async () => {
  await using stack = await semantic();
  const did = await didOf(stack, ways);
  assert.equal(did[0], 'miss');
  assert.deepEqual(new Set(did.slice(1, 6)), new Set(['explore']));
  assert.ok(did.slice(7).includes('semantic'), did.join(' '));
  const again = await askCached(stack, 'what is the blue one going to cost?');
  assert.match(again.answer, /it is 42/);
});

test('where the answers differ nothing is ever given', async () => {
  answering(provider, (text) => `of ${text}`);
  await using stack = await semantic();
  const did = await didOf(stack, [...ways, ...ways.map((way) => `${way} ok`)]);
  assert.ok(!did.includes('semantic'), did.join(' '));
  assert.ok(did.includes('explore'));
});

test('where the model calls a tool, what was near would have been wrong', async () => {
  await using stack = await semantic();
  await askCached(stack, ways[0] ?? '');
  provider.respond = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(chatAnswer('it is 42', false, { finish_reason: 'tool_calls' }));
  };
  assert.equal((await askCached(stack, ways[1] ?? '')).did, 'explore');
  await checked(stack, 'explore', 1);
  assert.deepEqual(await checksOf(stack), { 'explore no': 1 });
});

test('a fixed threshold gives at once, by the guard or without it', async () => {
  const [asked, near] = ['convert 5 km to metres', 'convert 7 km to metres'];
  await using guarded = await semantic({ policy: 'fixed', threshold: 0.8, guard: true });
  assert.deepEqual(await didOf(guarded, [asked, near]), ['miss', 'miss']);
  assert.deepEqual(await didOf(guarded, ways.slice(0, 2)), ['miss', 'semantic']);
  await using bare = await semantic({ policy: 'fixed', threshold: 0.8, guard: false });
  assert.deepEqual(await didOf(bare, [asked, near]), ['miss', 'semantic']);
});

test('many that are nearer and ask another thing do not hide the one that asks the same', async () => {
  await using stack = await semantic({ policy: 'fixed', threshold: 0.5, guard: true });
  answering(provider, (text) => `of ${text}`);
  const others = Array.from({ length: 12 }, (_, at) => `how many metres are ${at + 6} km?`);
  assert.ok((await didOf(stack, ['what is 5 km in metres?', ...others])).every(isMiss));
  const { did, answer } = await askCached(stack, 'how many metres are 5 km?');
  assert.deepEqual([did, /of what is 5 km/.test(answer)], ['semantic', true], answer);
});

const isMiss = (did: string) => did === 'miss';

const fixed = { policy: 'fixed', threshold: 0.5, guard: false };

test('what was given is checked with the model, and what was wrong is measured', async () => {
  await using stack = await semantic({ ...fixed, checkShare: 1 });
  assert.deepEqual(await didOf(stack, ways.slice(0, 2)), ['miss', 'semantic']);
  await checked(stack, 'shadow', 1);
  answering(provider, () => 'it is 43 by now');
  assert.deepEqual(await didOf(stack, ways.slice(2, 3)), ['semantic']);
  await checked(stack, 'shadow', 2);
  assert.deepEqual(await checksOf(stack), { 'shadow yes': 1, 'shadow no': 1 });
  const share = stack.telemetry.metrics.getSingleMetric('clincher_llm_cache_wrong_hit_ratio');
  assert.equal((await share?.get())?.values[0]?.value, 0.5);
  // What a check costs is spent like any call of who asked.
  const spend = stack.telemetry.metrics.getSingleMetric('clincher_llm_spend_usd_total');
  const spent = (await spend?.get())?.values[0]?.value ?? 0;
  assert.equal(Math.round(spent * 1e9), 3 * (100 * 3_000 + 10 * 15_000));
});

test('a check that the budget has no room for is left out, and the client has its answer', async () => {
  // Room for one call at its worst, and not for another after it.
  const worst = (200 + hiddenInputTokens) * testPrice.inputNanoUsd;
  const limitNanoUsd = worst + 1_000 * testPrice.outputNanoUsd;
  const budgets = [{ limitNanoUsd, window: 'day', at: 'clincher.yaml:4:1' }];
  const choices: StackChoices = { settings: (input) => ({ ...input, budgets }) };
  await using stack = await semantic({ ...fixed, checkShare: 1 }, {}, choices);
  const dear = { body: { max_tokens: 1_000 } };
  const did = [];
  for (const way of ways.slice(0, 2)) did.push((await askCached(stack, way, dear)).did);
  assert.deepEqual(did, ['miss', 'semantic']);
  await left(stack);
  assert.deepEqual(await checksOf(stack), {});
});

/** A check was given up. */
async function left(stack: LlmStack): Promise<void> {
  while (!stack.lines.some(({ event }) => event === 'cache-check-failed')) {
    await new Promise((next) => setImmediate(next));
  }
}

test('a judge says whether answers in other words mean the same, and is paid for', async () => {
  const verdicts: string[] = [];
  provider.respond = (received, response) => {
    const text = askedText(received);
    const isJudge = text.startsWith('[{"question"');
    if (isJudge) verdicts.push(text);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(chatAnswer(isJudge ? 'YES.' : `it is 42, to say it like ${text}`));
  };
  await using stack = await semantic({ judge: { model: 'mini' } });
  const did = await didOf(stack, ways);
  assert.ok(did.includes('semantic'), did.join(' '));
  assert.ok(verdicts.length >= 6);
  const said = JSON.parse(verdicts[0] ?? '');
  assert.deepEqual(Object.keys(said[0]), ['question', 'answer']);
});

test('a judge that says no, or says something else, makes nothing the same', async () => {
  for (const verdict of ['NO', 'I think YES', '']) {
    provider.respond = (received, response) => {
      const text = askedText(received);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(chatAnswer(text.startsWith('[{"question"') ? verdict : `of ${text}`));
    };
    await using stack = await semantic({ judge: { model: 'mini' } });
    const did = await didOf(stack, ways);
    assert.ok(!did.includes('semantic'), `${verdict}: ${did.join(' ')}`);
  }
});

const feedback = async (
  stack: LlmStack,
  requestId: string,
  right: boolean,
  ask: CachedAsk = {},
) => {
  const answer = await fetch(`${ask.url ?? stack.url}/cache/feedback`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ask.key ?? virtualKey}` },
    body: JSON.stringify({ request_id: requestId, right }),
  });
  await answer.text();
  return answer.status;
};

test('who got an answer may say that it was wrong, once, and nobody else may', async () => {
  await using stack = await semantic(fixed);
  await askCached(stack, ways[0] ?? '');
  const id = { 'x-request-id': 'near-1' };
  assert.equal((await askCached(stack, ways[1] ?? '', { headers: id })).did, 'semantic');
  assert.equal(await feedback(stack, 'near-1', false, { url: stack.otherUrl, key: otherKey }), 404);
  assert.equal(await feedback(stack, 'near-2', false), 404);
  assert.deepEqual(await checksOf(stack), {});
  assert.equal(await feedback(stack, 'near-1', false), 200);
  assert.deepEqual(await checksOf(stack), { 'feedback no': 1 });
  assert.equal(await feedback(stack, 'near-1', false), 404);
});

test('an answer to the same request that was wrong is forgotten', async () => {
  await using stack = await semantic();
  await askCached(stack, 'one');
  await askCached(stack, 'one', { headers: { 'x-request-id': 'same-1' } });
  assert.equal(await feedback(stack, 'same-1', false), 200);
  assert.equal((await askCached(stack, 'one')).did, 'miss');
});

test('where many see the same answers, one of them makes nothing right for all', async () => {
  for (const [share, counted] of [
    ['key', { 'feedback yes': 1 }],
    ['caller', {}],
  ] as const) {
    await using stack = await semantic(fixed, { share });
    await askCached(stack, ways[0] ?? '');
    await askCached(stack, ways[1] ?? '', { headers: { 'x-request-id': 'r' } });
    assert.equal(await feedback(stack, 'r', true), 200);
    assert.deepEqual(await checksOf(stack), counted);
  }
});
