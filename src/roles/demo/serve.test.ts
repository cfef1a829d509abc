// The demonstration provider: it says what it is, says the same each time, and calls tools only
// when asked.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from 'undici';
import type { Running } from '../../kit/running.ts';
import { systemWorld } from '../../kit/world.ts';
import { createTelemetry } from '../../telemetry/telemetry.ts';
import { readConversation } from './conversation.ts';
import { demoMark, demoTokens, replyTo } from './reply.ts';
import { demoRole } from './serve.ts';

let folder: string;
let running: Running;
let client: Client;
const lines: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clincher-demo-'));
  const address = `unix:${join(folder, 'sock')}`;
  const settings = demoRole.settings.parse({
    service: 'demo',
    admin: [],
    listen: [{ address, caller: 'llm' }],
  });
  const telemetry = createTelemetry('demo', 'demo', (line) => lines.push(line), Date.now);
  running = await demoRole.serve(settings, systemWorld(), telemetry);
  client = new Client('http://demo', { socketPath: join(folder, 'sock') });
});
after(async () => {
  await client.close();
  await running[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function post(path: string, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await client.request({ method: 'POST', path, body: text });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

const tools = [
  { name: 'read', parameters: { properties: { path: { type: 'string' } }, required: ['path'] } },
  {
    name: 'web_fetch',
    parameters: {
      properties: {
        url: { type: 'string' },
        mode: { enum: ['text', 'raw'] },
        limit: { type: 'integer', minimum: 3 },
        deep: { type: 'boolean' },
        extra: { type: 'string' },
      },
      required: ['url', 'mode', 'limit', 'deep'],
    },
  },
].map((described) => ({ type: 'function', function: described }));

function reply(content: string, rest: Record<string, unknown> = {}) {
  const messages = [
    { role: 'system', content: 'be good' },
    { role: 'user', content },
  ];
  const body = { model: 'm', messages, tools, ...rest };
  const conversation = readConversation('openai', body);
  assert.ok(conversation !== null);
  return replyTo(conversation);
}

const asks: readonly [said: string, called: string | null][] = [
  ['good morning', null],
  ['I read a message about tools', null],
  ['use a tool', 'read'],
  ['please use read on "a.txt"', 'read'],
  ['run the tool read', 'read'],
  ['what does `read` do', 'read'],
  ['read', 'read'],
  ['I like web_fetch', 'web_fetch'],
  ['I like web_fetching', null],
];

for (const [said, called] of asks) {
  test(`"${said}" leads to ${called ?? 'no tool'}`, () => {
    assert.equal(reply(said).toolCall?.name ?? null, called);
  });
}

test('what the agent itself puts into the conversation is not taken for what a person said', () => {
  const messages = [
    { role: 'user', content: 'good evening' },
    {
      role: 'user',
      content:
        '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nuse a tool\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>',
    },
  ];
  const conversation = readConversation('openai', { model: 'm', messages, tools });
  assert.equal(conversation?.lastUserText, 'good evening');
});

test('a tool choice is kept to', () => {
  assert.equal(reply('use read', { tool_choice: 'none' }).toolCall, null);
  assert.equal(reply('hello', { tool_choice: 'required' }).toolCall?.name, 'read');
});

test('the required properties get something of their type, texts from the quotes', () => {
  assert.deepEqual(reply('web_fetch "https://a.example"').toolCall?.input, {
    url: 'https://a.example',
    mode: 'text',
    limit: 3,
    deep: true,
  });
});

test('every answer says that no model is behind it, and is the same each time', async () => {
  const body = { model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] };
  for (const path of ['/v1/messages', '/v1/chat/completions']) {
    const [one, two] = [await post(path, body), await post(path, body)];
    assert.equal(one.status, 200);
    assert.ok(one.text.includes(demoMark));
    const undated = (text: string) => text.replace(/"created":\d+/, '');
    assert.equal(undated(one.text), undated(two.text));
  }
});

test('the counts are those of its own tokens', async () => {
  const { inputTokens, outputTokens, text } = reply('three little words');
  assert.equal(inputTokens, 5);
  assert.equal(outputTokens, demoTokens(text).length);
  assert.equal(demoTokens(text).join(''), text);
});

test('an answer longer than the bound is cut and says so', async () => {
  const body = { model: 'm', max_tokens: 3, messages: [{ role: 'user', content: 'hi' }] };
  const answer = JSON.parse((await post('/v1/messages', body)).text);
  assert.equal(answer.stop_reason, 'max_tokens');
  assert.equal(answer.usage.output_tokens, 3);
  assert.equal(answer.content[0].text, 'clincher demo: no');
});

test('streams carry the same text in pieces', async () => {
  const body = { model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] };
  const { text, headers } = await post('/v1/messages', body);
  assert.match(String(headers['content-type']), /^text\/event-stream/);
  const pieces = [...text.matchAll(/"text_delta","text":"((?:[^"\\]|\\.)*)"/g)];
  assert.ok(pieces.length > 5);
  const whole = JSON.parse((await post('/v1/messages', { ...body, stream: false })).text);
  assert.equal(pieces.map(([, piece]) => JSON.parse(`"${piece}"`)).join(''), whole.content[0].text);
  assert.match(text, /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/);
});

const broken: readonly [path: string, body: unknown, status: number][] = [
  ['/v1/messages', '{', 400],
  ['/v1/messages', 'null', 400],
  ['/v1/messages', { model: 'm', messages: [] }, 400],
  ['/v1/messages', { model: 'm', messages: [null] }, 200],
  ['/v1/chat/completions', { messages: [{}] }, 400],
  ['/v1/chat/completions', { model: 'm', messages: [{}], tools: [null, 1, {}] }, 200],
  ['/v1/embeddings', {}, 404],
];

for (const [path, body, status] of broken) {
  test(`${path} with ${JSON.stringify(body)} answers ${status}`, async () => {
    const answer = await post(path, body);
    assert.equal(answer.status, status);
    assert.ok(answer.text.includes('clincher demo'));
  });
}

test('each request leaves a record', async () => {
  assert.ok(lines.filter((line) => line.includes('"decision"')).length > 5);
  assert.ok(running.health().ready);
});
