// How an answer can end, and what of its reservation counts as spent because of it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import {
  askModel,
  lastDecision,
  modelBody,
  moneyOf,
  worstOf,
} from '../../testing/provider-calls.ts';
import { type LlmStack, realKey, startLlmStack, virtualKey } from '../../testing/provider-stack.ts';
import { sharedProvider } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();

const streamBody = modelBody.replace('{', '{"stream":true,');

const start =
  'event: message_start\ndata: {"type":"message_start","message":{"usage":' +
  '{"input_tokens":50,"output_tokens":1}}}\n\n';
const stop =
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},' +
  '"usage":{"output_tokens":8}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n';
const stream = { 'content-type': 'text/event-stream' };
const reservedStream = worstOf(streamBody);
const inputCounted = 50 * 3_000 + 100 * 15_000;

// What the provider does, and what of the reservation counts as spent because of it.
const endings: readonly [
  name: string,
  respond: (response: ServerResponse) => void,
  reason: string,
  settled: string,
  spent: number,
][] = [
  [
    'ends its stream',
    (response) => response.writeHead(200, stream).end(start + stop),
    'allowed',
    'counted',
    50 * 3_000 + 8 * 15_000,
  ],
  [
    'cuts its stream after the count',
    (response) => cut(response, start + stop),
    'answer-broken',
    'counted',
    50 * 3_000 + 8 * 15_000,
  ],
  [
    'cuts its stream before the count',
    (response) => cut(response, start),
    'answer-broken',
    'input-counted',
    inputCounted,
  ],
  [
    'ends its stream before the count',
    (response) => response.writeHead(200, stream).end(start),
    'answer-broken',
    'input-counted',
    inputCounted,
  ],
  [
    'cuts its stream before anything',
    (response) => cut(response, ': hello\n\n'),
    'answer-broken',
    'kept',
    reservedStream,
  ],
  [
    'cuts the connection',
    (response) => response.destroy(),
    'upstream-unreachable',
    'kept',
    reservedStream,
  ],
  [
    'answers with something else',
    (response) => response.writeHead(200).end('hello'),
    'answer-broken',
    'kept',
    reservedStream,
  ],
  [
    'is overloaded',
    (response) => response.writeHead(529).end('{"type":"error"}'),
    'provider-error',
    'refused',
    0,
  ],
  [
    'limits the rate',
    (response) => response.writeHead(429).end('{}'),
    'provider-error',
    'refused',
    0,
  ],
  [
    'times out at its gateway',
    (response) => response.writeHead(504).end('{}'),
    'provider-error',
    'kept',
    reservedStream,
  ],
  [
    'does not know the key',
    (response) => response.writeHead(401).end(realKey),
    'provider-key-rejected',
    'refused',
    0,
  ],
];

for (const [name, respond, reason, settled, spent] of endings) {
  test(`when the provider ${name}, the reservation is ${settled}`, async () => {
    await using stack = await startLlmStack({ provider });
    provider.respond = (_request, response) => respond(response);
    const { answer } = await askModel(stack, { body: streamBody });
    assert.ok(!answer.includes(realKey));
    // What is missing something must not look complete.
    assert.equal(answer === 'cut', name.startsWith('cuts its stream'));
    const record = await lastDecision(stack, 1);
    assert.deepEqual(
      [record.reason, record.settled, record.spendNanoUsd],
      [reason, settled, spent],
    );
    const { reserved, left } = await moneyOf(stack);
    assert.deepEqual([reserved, left], [0, 10_000_000_000 - spent]);
  });
}

function cut(response: ServerResponse, text: string): void {
  response.writeHead(200, stream);
  response.write(text, () => setImmediate(() => response.destroy()));
}

const saying = (text: string) =>
  `{ "type":"error", "error":{"type":"new","message":"bad ${text}","n":1.50}}`;

test("a provider's error goes to the client as it is, less our key", async () => {
  await using stack = await startLlmStack({ provider });
  provider.respond = (_request, response) =>
    response.writeHead(400, { 'content-type': 'application/json' }).end(saying(realKey));
  const { status, headers, answer } = await askModel(stack);
  assert.deepEqual([status, answer], [400, saying('***')]);
  assert.equal(headers['x-clincher-reason'], 'provider-error');
});

const ofKind =
  (kind: string, limits = {}) =>
  (input: Record<string, unknown>) => {
    const [first, ...rest] = input.providers as object[];
    const [model] = input.models as { deployments: object[] }[];
    const deployments = [{ ...model?.deployments[0], outputTokensMax: 8_000 }];
    const models = [{ ...model, deployments }];
    return { ...input, providers: [{ ...first, kind }, ...rest], models, limits };
  };
const text =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,' +
  '"delta":{"type":"text_delta","text":"hello"}}\n\n';
const output = (tokens: number) => (tokens - 100) * 15_000;

/** Asks, reads as far as the text, and leaves; `after` is what the provider does then. */
async function leave(stack: LlmStack, body: string, after: (response: ServerResponse) => void) {
  const closed = Promise.withResolvers<boolean>();
  const left = Promise.withResolvers<void>();
  provider.respond = (_request, response) => {
    response.once('close', () => closed.resolve(response.writableFinished));
    response.writeHead(200, stream).write(start + text);
    void left.promise.then(() => after(response));
  };
  const headers = { 'x-api-key': virtualKey };
  const request = httpRequest(`${stack.url}/v1/messages`, { method: 'POST', headers });
  request.on('error', () => {});
  request.end(body);
  const [response] = await once(request, 'response');
  await once(response, 'data');
  request.destroy();
  // Nothing tells from outside when it is seen that the client has left.
  setTimeout(left.resolve, 100);
  const finished = await closed.promise;
  return { finished, record: await lastDecision(stack, 1) };
}

const bare = 'data: {"type":"content_block_delta","delta":{"text":""}}\n\n'.length;

test('a client that leaves ends the call where the provider stops, at what had come', async () => {
  const settings = ofKind('anthropic');
  await using stack = await startLlmStack({ provider, settings });
  const body = streamBody.replace('"max_tokens":100', '"max_tokens":4000');
  const { finished, record } = await leave(stack, body, () => {});
  assert.deepEqual([finished, record.reason, record.settled], [false, 'client-gone', 'produced']);
  // What of the events may be text, and what was under way.
  const produced = start.length - bare + text.length - bare + 1_024;
  assert.equal(record.spendNanoUsd, inputCounted + output(produced));
});

test('where thoughts may be hidden, as much output as was reserved', async () => {
  const thinking = '"thinking":{"type":"adaptive"},';
  const body = streamBody.replace('"max_tokens"', `${thinking}"max_tokens"`);
  await using stack = await startLlmStack({ provider, settings: ofKind('anthropic') });
  const { record } = await leave(stack, body, () => {});
  assert.deepEqual([record.settled, record.spendNanoUsd], ['input-counted', inputCounted]);
});

const end =
  'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},' +
  '"usage":{"output_tokens":70}}\n\ndata: {"type":"message_stop"}\n\n';

test('a provider that goes on is read to its end, and counted', async () => {
  await using stack = await startLlmStack({ provider });
  const { finished, record } = await leave(stack, streamBody, (response) => {
    response.write(text);
    response.end(end);
  });
  assert.deepEqual([finished, record.reason, record.settled], [true, 'client-gone', 'counted']);
  assert.equal(record.spendNanoUsd, inputCounted + output(70));
});

test('but no longer than for its time', async () => {
  const settings = ofKind('anthropic-compatible', { lingerMs: 50 });
  await using stack = await startLlmStack({ provider, settings });
  const { finished, record } = await leave(stack, streamBody, () => {});
  assert.deepEqual([finished, record.settled], [false, 'input-counted']);
  assert.equal(record.spendNanoUsd, inputCounted);
});

test('a silent provider is given up after the deadline', async () => {
  const limits = { firstByteTimeoutMs: 1_000 };
  await using stack = await startLlmStack({
    provider,
    settings: (input) => ({ ...input, limits }),
  });
  provider.respond = () => {};
  const { status } = await askModel(stack);
  assert.equal(status, 504);
  assert.equal((await lastDecision(stack, 1)).settled, 'kept');
});
