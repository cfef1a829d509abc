// Whatever a provider answers with when it fails, every client gets an error of its own dialect,
// the reason and the request's id, and nothing of the call stays held.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { moneyOf } from '../../testing/provider-calls.ts';
import { virtualKey } from '../../testing/provider-stack.ts';
import { ofKinds, sharedProvider, sharedStack } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();
const stack = await sharedStack({
  provider,
  settings: (input) => ({
    ...ofKinds(input, { claude: 'anthropic', gpt: 'openai-compatible' }),
    models: (input.models as object[]).map((model) => ({
      ...model,
      retries: {},
      cooldown: { failuresMax: 0 },
    })),
  }),
});

const said = [{ role: 'user', content: 'x' }];
/** Clients of each API, asking models that speak it and models that do not. */
const clients: readonly [api: string, path: string, body: object][] = [
  ['chat', '/v1/chat/completions', { model: 'mini', messages: said }],
  ['chat, translated', '/v1/chat/completions', { model: 'sonnet', messages: said }],
  ['completions', '/v1/completions', { model: 'mini', prompt: 'x' }],
  ['completions, translated', '/v1/completions', { model: 'sonnet', prompt: 'x' }],
  ['responses, translated', '/v1/responses', { model: 'mini', input: 'x' }],
  ['embeddings', '/v1/embeddings', { model: 'mini', input: 'x' }],
  ['messages', '/v1/messages', { model: 'sonnet', max_tokens: 5, messages: said }],
  ['messages, translated', '/v1/messages', { model: 'mini', max_tokens: 5, messages: said }],
];

const statuses = [302, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504, 529];
const json = { 'content-type': 'application/json' };
const html = { 'content-type': 'text/html' };
const bodies: readonly [name: string, headers: Readonly<Record<string, string>>, body: string][] = [
  ["OpenAI's error", json, '{"error":{"message":"not so","type":"t","param":null,"code":null}}'],
  ["Anthropic's", json, '{"type":"error","error":{"type":"t","message":"not so"}}'],
  ["Google's, in a list", json, '[{"error":{"code":9,"message":"not so","status":"S"}}]'],
  ['an empty object', json, '{}'],
  ['a page', html, '<html><body>502 Bad Gateway</body></html>'],
  ['nothing', {}, ''],
  ['what is not text', json, '\u0000\u0001'],
  ['a number', json, '5'],
  ['a long text', html, 'y'.repeat(200_000)],
];

async function ask(path: string, body: object) {
  const isAnthropic = path === '/v1/messages';
  const answer = await fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${virtualKey}`, 'x-request-id': 'req-7' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await answer.text();
  return { isAnthropic, status: answer.status, headers: answer.headers, text };
}

function assertError({ isAnthropic, status, headers, text }: Awaited<ReturnType<typeof ask>>) {
  assert.ok(status >= 400, text);
  assert.equal(headers.get('content-type'), 'application/json');
  assert.equal(headers.get('x-request-id'), 'req-7');
  assert.match(headers.get('x-clincher-reason') ?? '', /^[a-z-]+$/);
  const parsed = JSON.parse(text);
  assert.equal(typeof parsed.error.message, 'string', text);
  assert.ok(parsed.error.message.length > 0 && parsed.error.message.length < 10_000);
  assert.equal(typeof parsed.error.type, 'string', text);
  if (isAnthropic) assert.equal(parsed.type, 'error', text);
}

for (const [api, path, request] of clients) {
  for (const [name, headers, body] of bodies) {
    test(`${api}: ${name} with any status is an error of the client's dialect`, async () => {
      for (const status of statuses) {
        provider.respond = (_request, response) =>
          void response.writeHead(status, headers).end(body);
        assertError(await ask(path, request));
      }
    });
  }
}

/** No status tells of these. */
const ends: readonly [name: string, act: (response: ServerResponse) => void][] = [
  ['hangs up', (response) => response.destroy()],
  ['ends before it began', (response) => void response.writeHead(200, json).end()],
  [
    'begins a stream with an error',
    (response) =>
      void response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end('event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n'),
  ],
];

for (const [api, path, request] of clients) {
  for (const [name, act] of ends) {
    test(`${api}: a provider that ${name} is an error of the client's dialect`, async () => {
      provider.respond = (_request, response) => act(response);
      assertError(await ask(path, request));
    });
  }
}

test('after all of it nothing is held', async () => {
  assert.equal((await moneyOf(stack)).reserved, 0);
});
