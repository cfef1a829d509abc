// Which answers are never given again: a row for each that is broken, refused, cut short, a call of
// a tool, or not an answer at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answering,
  askCached,
  chatAnswer,
  keepCachedStack,
  startCachedStack,
} from '../../../testing/cached-stack.ts';

const kept = keepCachedStack();
const { ask } = kept;
const neverAgain: readonly (readonly [
  why: string,
  status: number,
  type: string,
  answer: string,
])[] = [
  ['an error', 500, 'application/json', '{"error":{"message":"no"}}'],
  ['an error that is called a success', 200, 'application/json', '{"error":{"message":"no"}}'],
  ['half of an answer', 200, 'application/json', chatAnswer('x').slice(0, 40)],
  ['no answer', 200, 'application/json', '{}'],
  [
    'an answer that was cut at the bound',
    200,
    'application/json',
    chatAnswer('x', false, { finish_reason: 'length' }),
  ],
  [
    'two answers of which one was cut',
    200,
    'application/json',
    chatAnswer('x').replace('"choices":[', '"choices":[{"index":1,"finish_reason":"length"},'),
  ],
  [
    'an answer that a filter held back',
    200,
    'application/json',
    chatAnswer('x', false, { finish_reason: 'content_filter' }),
  ],
  [
    'a refusal',
    200,
    'application/json',
    chatAnswer('x').replace('"content":"x"', '"content":null,"refusal":"no"'),
  ],
  ['a call', 200, 'application/json', chatAnswer('x', false, { finish_reason: 'tool_calls' })],
  [
    'a call that says it is none',
    200,
    'application/json',
    chatAnswer('x').replace(
      '"content":"x"',
      '"content":"x","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]',
    ),
  ],
  [
    'a stream without its end',
    200,
    'text/event-stream',
    chatAnswer('x', true).replace('data: [DONE]\n\n', ''),
  ],
  [
    'a stream that ends in an error',
    200,
    'text/event-stream',
    chatAnswer('x', true).replace(
      'data: [DONE]',
      'data: {"error":{"message":"no"}}\n\ndata: [DONE]',
    ),
  ],
  ['another kind of answer', 200, 'text/html', '<p>sign in</p>'],
];
for (const [why, status, type, answer] of neverAgain) {
  test(`never given again: ${why}`, async () => {
    kept.stack.provider.respond = (_request, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(answer);
    };
    const body = { stream: type === 'text/event-stream', user: why };
    await ask('never', { body });
    answering(kept.stack.provider, () => 'right');
    assert.match((await ask('never', { body })).did, /^miss$/);
  });
}

test('a call that has empty room for tools is an answer like any', async () => {
  kept.stack.provider.respond = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      chatAnswer('x').replace('"content":"x"', '"content":"x","tool_calls":[],"refusal":null'),
    );
  };
  await ask('empty');
  assert.equal((await ask('empty')).did, 'exact');
});

/** What is left is read on for a minute, to be counted: nobody waits for it. */
const soon = { timeout: 20_000 };

test('an answer that its client did not stay for is not given to others', soon, async () => {
  const gone = new AbortController();
  kept.stack.provider.respond = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chatAnswer('half', true).slice(0, 60));
  };
  const body = { stream: true };
  const left = ask('gone', { body, signal: gone.signal }).catch(() => null);
  await kept.stack.provider.received(kept.asked + 1);
  setTimeout(() => gone.abort(), 50);
  await left;
  answering(kept.stack.provider, () => 'whole');
  const next = await ask('gone', { body });
  assert.equal(next.did, 'miss');
  assert.equal(
    next.answer,
    chatAnswer('whole', true).replace(/data: [^\n]*"choices":\[\][^\n]*\n\n/, ''),
  );
});

test('an answer of a fallback is not what was asked for', async () => {
  await using fallen = await startCachedStack(
    {},
    {
      provider: kept.stack.provider,
      settings: (input) => ({
        ...input,
        routing: { retryWaitMs: 1 },
        models: [{ ...modelOf('mini'), fallbacks: { general: ['spare'] } }, modelOf('spare')],
      }),
    },
  );
  kept.stack.provider.respond = (received, response) => {
    const isSpare = JSON.parse(received.body.toString()).model === 'real-spare';
    response.writeHead(isSpare ? 200 : 500, { 'content-type': 'application/json' });
    response.end(isSpare ? chatAnswer('from the spare') : '{}');
  };
  const first = await askCached(fallen, 'fallback');
  assert.match(first.answer, /from the spare/);
  answering(kept.stack.provider, () => 'from the first');
  assert.match((await askCached(fallen, 'fallback')).answer, /from the first/);
});

function modelOf(name: string) {
  const price = { inputNanoUsd: 3_000, outputNanoUsd: 15_000 };
  return { name, deployments: [{ provider: 'gpt', model: `real-${name}`, price }] };
}

test('an answer that is packed is not given to who may not unpack it', async () => {
  kept.stack.provider.respond = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'x-odd' });
    response.end(chatAnswer('packed'));
  };
  await ask('packed');
  assert.equal((await ask('packed')).did, 'miss');
});

test('a rule may let calls of tools and their turns be given again, the same or near', async () => {
  kept.stack.provider.respond = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(chatAnswer('x', false, { finish_reason: 'tool_calls' }));
  };
  const tools = async (rule: string) => {
    const semantic = { policy: 'fixed', threshold: 0.5, guard: false, checkShare: 0 };
    const cache = { mode: 'semantic', semantic, tools: rule };
    await using ruled = await startCachedStack(cache, { provider: kept.stack.provider });
    const result = { messages: [{ role: 'tool', tool_call_id: 'c', content: 'found it' }] };
    const did: string[] = [];
    for (const text of ['how much is it?', 'how much is it?', 'how much is that?']) {
      did.push((await askCached(ruled, text)).did);
    }
    for (const body of [result, result]) did.push((await askCached(ruled, '', { body })).did);
    return did.join(' ');
  };
  assert.equal(await tools('never'), 'miss miss miss  ');
  assert.equal(await tools('exact'), 'miss exact miss miss exact');
  assert.equal(await tools('semantic'), 'miss exact semantic miss exact');
});
