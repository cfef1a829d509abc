// What an answer's headers say of its cost where they are told to, and that they say nothing of it
// where they are not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askModel, modelBody } from '../../testing/provider-calls.ts';
import { startLlmStack, testPrice } from '../../testing/provider-stack.ts';
import { sharedProvider, sharedStack } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();
const stack = await sharedStack({
  provider,
  settings: (input) => ({ ...input, litellmHeaders: true }),
});

const usage = { input_tokens: 10, output_tokens: 2 };
const cost = (10 * testPrice.inputNanoUsd + 2 * testPrice.outputNanoUsd) / 1e9;
const json = { 'content-type': 'application/json' };

function answering(text: string, headers: Readonly<Record<string, string>> = json): void {
  provider.respond = (_request, response) => void response.writeHead(200, headers).end(text);
}

const about = (headers: object) =>
  Object.keys(headers).filter((name) => name.startsWith('x-litellm-'));

test('an answer tells its cost and what its key has spent, itself included', async () => {
  const text = JSON.stringify({ type: 'message', content: [], usage });
  answering(text);
  for (const count of [1, 2]) {
    const { headers, answer } = await askModel(stack);
    assert.equal(answer, text);
    assert.equal(Number(headers['x-litellm-response-cost']), cost);
    assert.equal(Number(headers['x-litellm-key-spend']), count * cost);
    const took = Number(headers['x-litellm-response-duration-ms']);
    const own = Number(headers['x-litellm-overhead-duration-ms']);
    assert.ok(own >= 0 && own <= took, `${own} of ${took}`);
    assert.match(String(headers['x-litellm-call-id']), /^[\w.:-]+$/);
    assert.equal(headers['x-litellm-attempted-retries'], '0');
    assert.equal(headers['x-litellm-version'], 'clincher');
    // No address, nor anything that leads to one.
    assert.ok(!JSON.stringify(headers).includes('provider.test'));
    assert.ok(!about(headers).includes('x-litellm-model-api-base'));
  }
});

test('a stream tells what its key has spent before it, since its own cost is not known yet', async () => {
  const events =
    `data: {"type":"message_start","message":{"usage":${JSON.stringify(usage)}}}\n\n` +
    'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}' +
    '\n\ndata: {"type":"message_stop"}\n\n';
  answering(events, { 'content-type': 'text/event-stream' });
  const { headers, answer } = await askModel(stack, {
    body: modelBody.replace('{', '{"stream":true,'),
  });
  assert.equal(answer, events);
  assert.equal(headers['x-litellm-response-cost'], undefined);
  assert.equal(Number(headers['x-litellm-key-spend']), 2 * cost);
});

test('what is no answer is passed on without a cost, and a connection cut is cut', async () => {
  answering('hello');
  const { status, headers, answer } = await askModel(stack);
  assert.deepEqual([status, answer], [200, 'hello']);
  assert.equal(headers['x-litellm-response-cost'], undefined);
  provider.respond = (_request, response) => {
    response.writeHead(200, { ...json, 'content-length': '100' });
    response.write('{"type":', () => setImmediate(() => response.destroy()));
  };
  await assert.rejects(askModel(stack), /socket hang up|ECONNRESET/);
});

test('unless it is asked for, no answer tells what it cost', async () => {
  await using quiet = await startLlmStack({ provider });
  answering(JSON.stringify({ type: 'message', content: [], usage }));
  const { headers } = await askModel(quiet);
  const names = ['call-id', 'model-id', 'model-group', 'attempted-retries', 'attempted-fallbacks'];
  assert.deepEqual(about(headers).sort(), names.map((name) => `x-litellm-${name}`).sort());
});
