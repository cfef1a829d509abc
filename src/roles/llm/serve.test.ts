// The model proxy from outside: endpoints, keys, bodies, headers, and how each refusal looks in
// each dialect.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import {
  type LlmStack,
  otherKey,
  realKey,
  startLlmStack,
  virtualKey,
} from '../../testing/provider-stack.ts';

let stack: LlmStack;

before(async () => {
  stack = await startLlmStack({
    settings: (input) => ({
      ...input,
      limits: { bodyBytesMax: 100_000, bodiesBytesMax: 150_000, requestsMax: 4 },
    }),
  });
});
after(() => stack[Symbol.asyncDispose]());

const openaiBody = '{"model":"mini","messages":[{"role":"user","content":"hi"}]}';
const anthropicBody = openaiBody.replace('{"model":"mini"', '{"max_tokens":9,"model":"sonnet"');
const bearer = { authorization: `Bearer ${virtualKey}` };
const apiKey = { 'x-api-key': virtualKey };

type Headers = Record<string, string | string[]>;

async function send(path: string, body: string | null, headers: Headers, url = stack.url) {
  const request = httpRequest(`${url}${path}`, { method: body === null ? 'GET' : 'POST', headers });
  request.end(body ?? undefined);
  const [response] = await once(request, 'response');
  const text = await textOf(response);
  const json = text.startsWith('{') ? JSON.parse(text) : null;
  const record = stack.lines.findLast(({ event }) => event === 'decision') ?? {};
  return { status: response.statusCode, headers: response.headers, text, json, record };
}

const chat = (body: string, headers: Headers = bearer) =>
  send('/v1/chat/completions', body, headers);
const messages = (body: string, headers: Headers = apiKey) => send('/v1/messages', body, headers);

test('the body arrives as it was sent, but for the model and the bound', async () => {
  const body =
    '{ "max_tokens" : 9, "messages" :[{"role":"user","content":"\\u00e9 \u00e9 \\/"}],"model":"sonnet" }';
  const { status } = await messages(body, { ...apiKey, 'anthropic-version': '2023-06-01' });
  assert.equal(status, 200);
  const received = stack.provider.requests.at(-1);
  assert.equal(received?.body.toString(), body.replace('"sonnet"', '"claude-real-1"'));
});

test('a bound that was not given is put in', async () => {
  await chat(openaiBody);
  const sent = JSON.parse(stack.provider.requests.at(-1)?.body.toString() ?? '');
  assert.equal(sent.max_tokens, 1_000);
});

test('the beta query goes along', async () => {
  assert.equal((await send('/v1/messages?beta=true', anthropicBody, apiKey)).status, 200);
  assert.equal(stack.provider.requests.at(-1)?.url, '/v1/messages?beta=true');
});

test('only listed headers reach the provider, with its own key', async () => {
  await messages(anthropicBody, {
    ...apiKey,
    'anthropic-version': '2023-06-01',
    'anthropic-beta': 'a,b',
    'x-request-id': 'req-7',
    cookie: 'session=1',
    'x-forwarded-for': '192.0.2.1',
    'openai-organization': 'org',
    'x-stainless-lang': 'js',
    'user-agent': 'agent/1',
  });
  const headers = stack.provider.requests.at(-1)?.headers ?? {};
  assert.deepEqual(Object.keys(headers).sort(), [
    ...['accept-encoding', 'anthropic-beta', 'anthropic-version', 'connection', 'content-length'],
    ...['content-type', 'host', 'user-agent', 'x-api-key', 'x-request-id'],
  ]);
  assert.equal(headers['x-api-key'], realKey);
  assert.equal(headers['x-request-id'], 'req-7');
  assert.equal(headers['user-agent'], 'clincher');
});

test('an answer bears the request id; one that could break a line is replaced', async () => {
  const good = await chat(openaiBody, { ...bearer, 'x-request-id': 'abc-1' });
  assert.equal(good.headers['x-request-id'], 'abc-1');
  assert.equal(good.record.requestId, 'abc-1');
  const bad = await chat(openaiBody, { ...bearer, 'x-request-id': 'a b"c' });
  assert.match(String(bad.headers['x-request-id']), /^[\w-]{36}$/);
});

test('account names and cookies of the provider stay here', async () => {
  stack.provider.respond = (_request, response) => {
    const headers = { 'openai-organization': 'acme', 'set-cookie': 'a=b', 'retry-after': '3' };
    response.writeHead(200, { ...headers, 'content-type': 'application/json' });
    response.end('{"usage":{"prompt_tokens":1,"completion_tokens":1}}');
  };
  const { headers } = await chat(openaiBody);
  stack.provider.respond = null;
  assert.equal(headers['retry-after'], '3');
  assert.equal(headers['openai-organization'] ?? headers['set-cookie'], undefined);
});

const keyRows: readonly [name: string, headers: Headers, reason: string][] = [
  ['no key', {}, 'key-missing'],
  ['an empty bearer', { authorization: 'Bearer ' }, 'key-missing'],
  ['a wrong key', { authorization: 'Bearer vk-wrong' }, 'key-unknown'],
  ['a key in another scheme', { authorization: `Basic ${virtualKey}` }, 'key-missing'],
  // Known, but of another caller: it must look like any wrong key.
  ["another caller's key", { authorization: `Bearer ${otherKey}` }, 'key-unknown'],
  ["the provider's own key", { authorization: `Bearer ${realKey}` }, 'key-unknown'],
  ['a right and a wrong key', { ...bearer, 'x-api-key': 'vk-wrong' }, 'key-unknown'],
  ['two keys in one kind', { 'x-api-key': [virtualKey, 'vk-wrong'] }, 'key-unknown'],
  ['a key with something behind it', { authorization: `Bearer ${virtualKey}x` }, 'key-unknown'],
  [
    'a key with something missing',
    { authorization: bearer.authorization.slice(0, -1) },
    'key-unknown',
  ],
];

for (const [name, headers, reason] of keyRows) {
  test(`${name} is refused and reaches no provider`, async () => {
    const before = stack.provider.requests.length;
    const answer = await chat(openaiBody, headers);
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['x-clincher-reason'], reason);
    assert.equal(answer.record.reason, reason);
    assert.equal(stack.provider.requests.length, before);
  });
}

test('the same key sent in both ways is one key', async () => {
  assert.equal((await chat(openaiBody, { ...bearer, ...apiKey })).status, 200);
});

test("a key works on its own caller's listener only", async () => {
  const theirs = { authorization: `Bearer ${otherKey}` };
  const there = await send('/v1/chat/completions', openaiBody, theirs, stack.otherUrl);
  assert.equal(there.status, 200);
  assert.deepEqual([there.record.caller, there.record.key], ['other', 'other']);
  const ours = await send('/v1/chat/completions', openaiBody, bearer, stack.otherUrl);
  assert.equal(ours.status, 401);
});

const paths: readonly [method: string, path: string][] = [
  ['HEAD', '/'],
  ['GET', '/'],
  ['GET', '/v1/chat/completions'],
  ['POST', '/v1/messages?key=1'],
  ['GET', '/v1/messages/count_tokens'],
  ['POST', '/v1/messages/batches'],
  ['POST', '/v1/chat/completions/../messages'],
  ['POST', '//v1/messages'],
  ['POST', 'http://api.anthropic.com/v1/messages'],
  ['DELETE', '/v1/models'],
];

for (const [method, path] of paths) {
  test(`${method} ${path} is not there`, async () => {
    const before = stack.provider.requests.length;
    const { hostname, port } = new URL(stack.url);
    const request = httpRequest({ hostname, port, method, path, headers: bearer }).end();
    const [response] = await once(request, 'response');
    response.resume();
    assert.equal(response.statusCode, 404);
    assert.equal(response.headers['x-clincher-reason'], 'path-unknown');
    assert.equal(stack.provider.requests.length, before);
  });
}

test('what cannot be read is refused in the dialect it was asked in', async () => {
  const theirs = await messages('{"model":"sonnet","model":"opus"}');
  assert.equal(theirs.status, 400);
  assert.equal(theirs.json.type, 'error');
  assert.equal(theirs.json.error.type, 'invalid_request_error');
  assert.match(theirs.json.error.message, /stands twice/);
  assert.equal(theirs.json.request_id, theirs.headers['x-request-id']);
  const ours = await chat('{');
  assert.equal(ours.status, 400);
  assert.equal(ours.json.error.code, 'request-malformed');
  assert.equal(ours.headers['x-should-retry'], 'false');
});

test('a compressed body is refused', async () => {
  const { status, record } = await chat(openaiBody, { ...bearer, 'content-encoding': 'gzip' });
  assert.deepEqual([status, record.reason], [400, 'request-malformed']);
});

test("a model of the other dialect is asked in its own, and answers in the client's", async () => {
  const { status, headers, json } = await chat(openaiBody.replace('mini', 'sonnet'));
  assert.equal(status, 200);
  assert.equal(headers['x-clincher-translated'], 'chat, messages');
  assert.equal(json.object, 'chat.completion');
  assert.equal(stack.provider.requests.at(-1)?.url, '/v1/messages');
});

test('a body over the bound is refused, declared or not, and the client can read why', async () => {
  const long = `{"model":"mini","x":"${'x'.repeat(100_000)}"}`;
  const declared = await chat(long);
  assert.deepEqual([declared.status, declared.record.reason], [413, 'limit-body']);
  const chunked = await chat(long, { ...bearer, 'transfer-encoding': 'chunked' });
  assert.deepEqual([chunked.status, chunked.json.error.code], [413, 'limit-body']);
});

test('bodies held at the same time have a bound together', async () => {
  stack.provider.respond = (_request, response) => void held.push(() => response.destroy());
  const held: (() => void)[] = [];
  const large = openaiBody.replace('"hi"', `"${'x'.repeat(90_000)}"`);
  const count = stack.provider.requests.length;
  const first = chat(large).catch(() => null);
  await stack.provider.received(count + 1);
  const second = await chat(large);
  assert.deepEqual([second.status, second.json.error.code], [503, 'limit-connections']);
  stack.provider.respond = null;
  for (const release of held) release();
  await first;
  assert.equal((await chat(large)).status, 200);
});

test('requests at the same time have a bound, and the next is told to try again', async () => {
  const held: ServerResponse[] = [];
  stack.provider.respond = (_request, response) => void held.push(response);
  const count = stack.provider.requests.length;
  const first = Array.from({ length: 4 }, () => chat(openaiBody));
  await stack.provider.received(count + 4);
  const fifth = await chat(openaiBody);
  assert.deepEqual([fifth.status, fifth.json.error.code], [503, 'limit-connections']);
  assert.deepEqual([fifth.headers['retry-after'], fifth.headers['x-should-retry']], ['1', 'true']);
  for (const response of held) response.end('{"usage":{"prompt_tokens":1,"completion_tokens":1}}');
  assert.deepEqual(
    (await Promise.all(first)).map(({ status }) => status),
    [200, 200, 200, 200],
  );
  stack.provider.respond = null;
});

test('nothing of a key, a prompt or an answer stands in the log', () => {
  const log = JSON.stringify(stack.lines);
  for (const secret of [virtualKey, otherKey, realKey, 'clincher demo']) {
    assert.ok(!log.includes(secret), secret);
  }
});
