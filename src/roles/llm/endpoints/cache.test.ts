// What clients may ask of the cache: forgetting and judging what is their own, and nothing of
// others; and what the command line sees of it all.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { readCacheReport } from '../../../cli/cache/read-cache.ts';
import {
  askCached,
  type CachedReply,
  chatAnswer,
  startCachedStack,
} from '../../../testing/cached-stack.ts';
import { freePort } from '../../../testing/free-port.ts';
import { startProvider } from '../../../testing/provider.ts';
import {
  type LlmStack,
  otherKey,
  providerHost,
  virtualKey,
} from '../../../testing/provider-stack.ts';
import { startRedis } from '../../../testing/redis-server.ts';
import { CacheBook } from '../cache/cache-book.ts';
import { redisDial } from '../shared/settings.ts';

interface Sent {
  readonly body?: unknown;
  readonly key?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(stack: LlmStack, path: string, { body, key, url, headers }: Sent = {}) {
  const response = await fetch(`${url ?? stack.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key ?? virtualKey}`, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const reason = response.headers.get('x-clincher-reason');
  return { status: response.status, reason, json: JSON.parse(text) };
}

const keyOf = ({ headers }: CachedReply) => String(headers['x-litellm-cache-key']);
const idOf = ({ headers }: CachedReply) => String(headers['x-litellm-call-id']);

test('ping says that there is one, and nothing of anybody', async () => {
  await using stack = await startCachedStack({ mode: 'semantic' });
  const { status, json } = await send(stack, '/cache/ping');
  assert.equal(status, 200);
  assert.deepEqual(json, {
    ...{ status: 'healthy', cache_type: 'embedded-semantic', ping_response: true, detail: null },
  });
});

test('an answer is forgotten by its name, by whoever it belongs to', async () => {
  await using stack = await startCachedStack({ share: 'session' });
  const headers = { 'x-clincher-session': 's1' };
  const ask = () => askCached(stack, 'how old is it?', { headers });
  await ask();
  const hit = await ask();
  assert.equal(hit.did, 'exact');
  const keys = [keyOf(hit), 'nothing'];
  const others: readonly Sent[] = [
    { key: otherKey, url: stack.otherUrl, headers },
    { headers: { 'x-clincher-session': 's2' } },
    {},
  ];
  for (const who of others) {
    const { json } = await send(stack, '/cache/delete', { ...who, body: { keys } });
    assert.deepEqual(json, { status: 'success', deleted: [] });
  }
  assert.equal((await ask()).did, 'exact');
  const own = await send(stack, '/cache/delete', { body: { keys, session_id: 's1' } });
  assert.deepEqual(own.json, { status: 'success', deleted: [keys[0]] });
  assert.equal((await ask()).did, 'miss');
});

test('an answer that was wrong is not given again; it is judged once, by whom it was given to', async () => {
  await using stack = await startCachedStack({ share: 'key' });
  await askCached(stack, 'how old is it?');
  const hit = await askCached(stack, 'how old is it?');
  const body = { request_id: idOf(hit), right: false };
  const other = await send(stack, '/cache/feedback', { body, key: otherKey, url: stack.otherUrl });
  assert.deepEqual([other.status, other.reason], [404, 'cache-answer-unknown']);
  assert.deepEqual((await send(stack, '/cache/feedback', { body })).json, { status: 'taken' });
  assert.equal((await send(stack, '/cache/feedback', { body })).status, 404);
  assert.equal((await askCached(stack, 'how old is it?')).did, 'miss');
});

const malformed: readonly (readonly [path: string, body: unknown])[] = [
  ['/cache/delete', {}],
  ['/cache/delete', { keys: 'all' }],
  ['/cache/delete', { keys: [] }],
  ['/cache/delete', { keys: ['a'], everyone: true }],
  ['/cache/delete', { keys: Array(1_001).fill('a') }],
  ['/cache/delete', null],
  ['/cache/feedback', { request_id: 'r' }],
  ['/cache/feedback', { request_id: 'r', right: 'yes' }],
  ['/cache/feedback', { request_id: '', right: true }],
  ['/cache/feedback', []],
];

test('nobody takes a judgement away by naming a request as another did', async () => {
  await using stack = await startCachedStack({});
  const headers = { 'x-request-id': 'same' };
  const other = { key: otherKey, url: stack.otherUrl };
  for (let turn = 0; turn < 2; turn += 1) {
    for (const who of [{}, other]) await askCached(stack, 'how old is it?', { ...who, headers });
  }
  const body = { request_id: 'same', right: true };
  const judge = async (who: Sent) =>
    (await send(stack, '/cache/feedback', { ...who, body })).status;
  assert.deepEqual([await judge({}), await judge(other), await judge({})], [200, 200, 404]);
});

test('a judgement is of the session that got the answer, where sessions do not share', async () => {
  await using stack = await startCachedStack({});
  const inSession = { 'x-request-id': 'r', 'x-session-id': 's1' };
  for (let turn = 0; turn < 2; turn += 1) {
    await askCached(stack, 'how old is it?', { headers: inSession });
  }
  const judge = async (session_id: string) => {
    const body = { request_id: 'r', right: false, session_id };
    return (await send(stack, '/cache/feedback', { body })).status;
  };
  assert.deepEqual([await judge('s2'), await judge('s1'), await judge('s1')], [404, 200, 404]);
});

test('what is deleted while it is being answered anew is not kept', async () => {
  await using stack = await startCachedStack({});
  const keys = [keyOf(await askCached(stack, 'how old is it?'))];
  const ways: readonly (readonly [kept: string, forget: () => Promise<unknown>])[] = [
    [
      'exact',
      () => send(stack, '/cache/delete', { body: { keys }, key: otherKey, url: stack.otherUrl }),
    ],
    ['miss', () => send(stack, '/cache/delete', { body: { keys } })],
    ['miss', () => emptied(stack)],
  ];
  for (const [at, [did, forget]] of ways.entries()) {
    const answer = chatAnswer(`of it, the ${at}`);
    stack.provider.respond = (_request, response) => {
      void forget().then(() => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
      });
    };
    await askCached(stack, 'how old is it?', { body: { cache: { 'no-cache': true } } });
    stack.provider.respond = null;
    const again = await askCached(stack, 'how old is it?');
    assert.deepEqual([again.did, again.answer === answer], [did, did === 'exact']);
  }
});

test('who asks after it was deleted does not wait for what was asked before', async () => {
  await using stack = await startCachedStack({});
  const keys = [keyOf(await askCached(stack, 'how old is it?'))];
  await send(stack, '/cache/delete', { body: { keys } });
  const answered = (response?: ServerResponse, text = '') =>
    response?.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer(text));
  const { promise: first, resolve } = Promise.withResolvers<ServerResponse>();
  stack.provider.respond = (_request, response) => {
    if (stack.provider.requests.length === 2) resolve(response);
    else answered(response, 'anew');
  };
  const before = askCached(stack, 'how old is it?');
  const held = await first;
  await send(stack, '/cache/delete', { body: { keys } });
  const after = askCached(stack, 'how old is it?');
  await Promise.race([after, setTimeout(5_000, null, { ref: false })]);
  answered(held, 'of old');
  assert.deepEqual([(await before).did, (await after).did], ['miss', 'miss']);
  const again = await askCached(stack, 'how old is it?');
  assert.deepEqual([again.did, again.answer], ['exact', chatAnswer('anew')]);
});

/** As the command line asks for it. */
async function emptied({ settings }: LlmStack): Promise<void> {
  using book = CacheBook.existing(settings.stateDir);
  const asked = book.askClear(Date.now());
  while (!book.isCleared(asked)) await setTimeout(20);
}

test('what cannot be read is said', async () => {
  await using stack = await startCachedStack({});
  for (const [path, body] of malformed) {
    const { status, reason } = await send(stack, path, { body });
    assert.deepEqual([status, reason], [400, 'request-malformed'], JSON.stringify(body));
  }
  assert.equal((await send(stack, '/cache/ping', { key: 'sk-wrong' })).status, 401);
});

test('what was done stands in the folder of llm when it has ended', async () => {
  await using stack = await startCachedStack({});
  for (let turn = 0; turn < 3; turn += 1) await askCached(stack, 'how old is it?');
  await stack.running[Symbol.asyncDispose]();
  const ledger = stack.settings.stateDir;
  const { hits, lookedAt, stats } = readCacheReport({ config: 'x', ledger });
  assert.deepEqual([hits, lookedAt, stats.store.entries], [2, 3, 1]);
  assert.ok(stats.savedNanoUsd > 0);
});

test('while its store does not answer, calls go on, and health and ping say so', async () => {
  const address = `tcp:127.0.0.1:${await freePort()}`;
  await using stack = await startCachedStack({ store: { kind: 'redis', address } });
  assert.equal((await askCached(stack, 'how old is it?')).status, 200);
  const { ready, detail } = stack.running.health();
  assert.equal(ready, true);
  assert.match(detail ?? '', /^answers are not cached now: /);
  const { status, json } = await send(stack, '/cache/ping');
  assert.equal(status, 503);
  assert.deepEqual([json.status, json.ping_response], ['unhealthy', false]);
});

test('a store without an address is the Redis that is shared, and must be there', async () => {
  const store = { kind: 'redis', timeoutMs: 3_000 };
  await using provider = await startProvider([providerHost]);
  await assert.rejects(startCachedStack({ store }, { provider }), { code: 'settings-invalid' });
  await using redis = await startRedis();
  const shared = (input: Readonly<Record<string, unknown>>) => ({
    ...input,
    redis: { url: 'redis://redis', instance: 'one', instances: 1, timeoutMs: 3_000 },
    dial: { ...(input.dial as object), [redisDial]: { direct: redis.address } },
  });
  await using stack = await startCachedStack({ store }, { provider, settings: shared });
  const until = performance.now() + 10_000;
  let did = '';
  // A connection takes a moment; until it is there, nothing is kept.
  while (did !== 'exact' && performance.now() < until) {
    did = (await askCached(stack, 'how old is it?')).did;
  }
  assert.equal(did, 'exact');
  assert.equal((await send(stack, '/cache/ping')).status, 200);
});
