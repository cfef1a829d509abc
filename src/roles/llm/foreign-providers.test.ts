// Providers that speak neither client's API at their own address: Amazon's frames, Google's own
// API.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { testPrice, virtualKey } from '../../testing/provider-stack.ts';
import { ofKinds, sharedProvider, sharedStack } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();
const stack = await sharedStack({
  provider,
  settings: (input) => ofKinds(input, { claude: 'bedrock', gpt: 'gemini' }),
});

async function ask(path: string, body: object) {
  const headers = { 'x-api-key': virtualKey, 'content-type': 'application/json' };
  const answer = await fetch(`${stack.url}${path}`, {
    ...{ method: 'POST', headers, body: JSON.stringify(body) },
  });
  const text = await answer.text();
  const record = stack.lines.findLast(({ event }) => event === 'decision') ?? {};
  return { status: answer.status, headers: answer.headers, text, record };
}

function frame(event: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  const body = Buffer.from(JSON.stringify({ bytes }));
  const made = Buffer.alloc(16 + body.length);
  made.writeUInt32BE(made.length, 0);
  made.writeUInt32BE(crc32(made.subarray(0, 8)), 8);
  body.copy(made, 12);
  made.writeUInt32BE(crc32(made.subarray(0, made.length - 4)), made.length - 4);
  return made;
}

const events = [
  { type: 'message_start', message: { id: 'm', usage: { input_tokens: 7, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'fine' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } },
  { type: 'message_stop' },
];
const said = [{ role: 'user', content: 'hi' }];

function framed(): void {
  provider.respond = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.end(Buffer.concat(events.map(frame)));
  };
}

test("Amazon's frames are server-sent events to the client, and counted", async () => {
  framed();
  const body = { model: 'sonnet', max_tokens: 9, stream: true, messages: said };
  const { status, headers, text, record } = await ask('/v1/messages', body);
  assert.deepEqual([status, headers.get('content-type')], [200, 'text/event-stream']);
  const expected = events.map(
    (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  );
  assert.equal(text, expected.join(''));
  assert.equal(record.spendNanoUsd, 7 * testPrice.inputNanoUsd + 4 * testPrice.outputNanoUsd);
  assert.equal(provider.requests.at(-1)?.url, '/model/claude-real-1/invoke-with-response-stream');
});

test("an OpenAI client gets Amazon's frames as chunks", async () => {
  framed();
  const body = { model: 'sonnet', max_tokens: 9, stream: true, messages: said };
  const { text, record } = await ask('/v1/chat/completions', body);
  assert.match(text, /^data: \{.*"chat\.completion\.chunk".*"fine".*data: \[DONE\]\n\n$/s);
  assert.equal(record.settled, 'counted');
  const sent = JSON.parse(provider.requests.at(-1)?.body.toString() ?? '');
  assert.deepEqual([sent.model, sent.stream], [undefined, undefined]);
  assert.equal(sent.anthropic_version, 'bedrock-2023-05-31');
});

test("Google's own API answers an Anthropic client", async () => {
  const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 2, thoughtsTokenCount: 1 };
  const content = { role: 'model', parts: [{ text: 'fine' }] };
  provider.respond = (_request, response) =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ candidates: [{ content, finishReason: 'STOP' }], usageMetadata }));
  const body = { model: 'mini', max_tokens: 9, messages: said };
  const { status, text, record } = await ask('/v1/messages', body);
  assert.equal(status, 200);
  const answer = JSON.parse(text);
  assert.deepEqual([answer.type, answer.content[0].text], ['message', 'fine']);
  assert.equal(record.spendNanoUsd, 5 * testPrice.inputNanoUsd + 3 * testPrice.outputNanoUsd);
  const received = provider.requests.at(-1);
  assert.equal(received?.url, '/v1beta/models/gpt-real-1:generateContent');
  assert.equal(received?.headers['x-goog-api-key'], 'sk-real-THE-PROVIDERS-OWN-KEY');
  assert.equal(received?.headers.authorization, undefined);
  const sent = JSON.parse(received?.body.toString() ?? '');
  assert.equal(sent.generationConfig.maxOutputTokens, 9);
});

test("Google's own API streams to a client of the Responses API", async () => {
  const part = (text: string) => ({ content: { role: 'model', parts: [{ text }] } });
  const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 2 };
  const chunks = [
    { candidates: [part('fi')], usageMetadata: { promptTokenCount: 5 } },
    { candidates: [{ ...part('ne'), finishReason: 'STOP' }], usageMetadata },
  ];
  provider.respond = (_request, response) =>
    void response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(''));
  const { text, record } = await ask('/v1/responses', { model: 'mini', input: 'x', stream: true });
  assert.match(text, /event: response\.completed\ndata: .*"fine"/);
  assert.equal(record.spendNanoUsd, 5 * testPrice.inputNanoUsd + 2 * testPrice.outputNanoUsd);
  const url = '/v1beta/models/gpt-real-1:streamGenerateContent?alt=sse';
  assert.equal(provider.requests.at(-1)?.url, url);
});

const question = { messages: [{ role: 'user', content: 'x'.repeat(350) }] };

test("a count of tokens is asked of Google's own count, and costs nothing", async () => {
  provider.respond = (_request, response) =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"totalTokens":42,"promptTokensDetails":[]}');
  const counted = await ask('/v1/messages/count_tokens', { model: 'mini', ...question });
  assert.deepEqual([counted.status, counted.text], [200, '{"input_tokens":42}']);
  assert.equal(counted.headers.get('x-clincher-token-count'), null);
  assert.equal(counted.record.spendNanoUsd, 0);
  assert.equal(provider.requests.at(-1)?.url, '/v1beta/models/gpt-real-1:countTokens');
});

test('where nobody counts, or the count fails, an estimate says that it is one', async () => {
  const before = provider.requests.length;
  const amazon = await ask('/v1/messages/count_tokens', { model: 'sonnet', ...question });
  assert.equal(provider.requests.length, before);
  provider.respond = (_request, response) => void response.writeHead(503).end('{}');
  const google = await ask('/v1/messages/count_tokens', { model: 'mini', ...question });
  for (const { status, text, headers, record } of [amazon, google]) {
    assert.deepEqual([status, headers.get('x-clincher-token-count')], [200, 'estimated']);
    assert.deepEqual([record.verdict, record.estimated], ['allow', true]);
    const { input_tokens: tokens } = JSON.parse(text);
    assert.ok(tokens > 90 && tokens < 120, text);
  }
});

test('what the provider finds wrong with the request to count is not estimated over', async () => {
  provider.respond = (_request, response) =>
    void response.writeHead(400).end('{"error":{"message":"no such role"}}');
  const { status, text } = await ask('/v1/messages/count_tokens', { model: 'mini', ...question });
  assert.equal(status, 400);
  assert.match(text, /no such role/);
});

test('an older completion is asked of a model that only chats', async () => {
  framed();
  const body = { model: 'sonnet', prompt: 'hi', max_tokens: 9, stream: true };
  const { text, record } = await ask('/v1/completions', body);
  assert.match(text, /^data: \{.*"text_completion".*"text":"fine".*data: \[DONE\]\n\n$/s);
  assert.equal(record.spendNanoUsd, 7 * testPrice.inputNanoUsd + 4 * testPrice.outputNanoUsd);
});

test('embeddings of a model that has none are refused with the paths it has', async () => {
  const { status, text } = await ask('/v1/embeddings', { model: 'sonnet', input: 'x' });
  assert.equal(status, 400);
  assert.match(text, /asked at POST \/v1\/chat\/completions or .* or POST \/v1\/messages\./);
});
