// The times a call has, and the client that leaves: what runs out first ends the attempt at the
// provider too.

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
import {
  type LlmStack,
  startLlmStack,
  testPrice,
  virtualKey,
} from '../../testing/provider-stack.ts';
import { deployment, sharedProvider } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();

type More = Readonly<Record<string, unknown>>;

/** With a connection that is open already: its making would count as time of the first call. */
async function stackWith(model: More): Promise<LlmStack> {
  const stack = await startLlmStack({
    provider,
    settings: (input) => ({
      ...input,
      models: [
        { name: 'warm', deployments: [deployment('warm')] },
        { name: 'sonnet', deployments: [deployment('one')], ...model },
        { name: 'spare', deployments: [deployment('three')] },
      ],
    }),
  });
  provider.respond = (_request, response) => void response.writeHead(200, json).end(good);
  assert.equal((await askModel(stack, { body: modelBody.replace('sonnet', 'warm') })).status, 200);
  provider.respond = null;
  return stack;
}

const json = { 'content-type': 'application/json' };
/** What the call that opened the connection cost. */
const warmCost = 10 * testPrice.inputNanoUsd + testPrice.outputNanoUsd;

const stream = { 'content-type': 'text/event-stream' };
const start =
  'event: message_start\ndata: {"type":"message_start","message":{"usage":' +
  '{"input_tokens":50,"output_tokens":1}}}\n\n';
const good = '{"type":"message","usage":{"input_tokens":10,"output_tokens":1}}';

/** Resolves when the provider has lost the connection of this answer. */
function closing(respond: (response: ServerResponse) => void): Promise<unknown> {
  return new Promise((closed) => {
    provider.respond = ({ body }, response) => {
      if (JSON.parse(body.toString()).model !== 'one') {
        response.writeHead(200, json).end(good);
        return;
      }
      response.once('close', closed);
      respond(response);
    };
  });
}

test('a deployment that does not begin in time is left, and the fallback asked', async () => {
  await using stack = await stackWith({ firstByteMs: 600, fallbacks: { general: ['spare'] } });
  const closed = closing(() => {});
  const { status, headers } = await askModel(stack);
  assert.deepEqual([status, headers['x-clincher-deployment']], [200, 'claude/three']);
  await closed;
  // It may have done the work, so its worst case stays spent.
  const { spendNanoUsd } = await lastDecision(stack, 2);
  assert.equal(Number(spendNanoUsd) - worstOf(modelBody), warmCost);
});

test('headers alone are no first byte', async () => {
  await using stack = await stackWith({ firstByteMs: 600 });
  const closed = closing((response) => response.writeHead(200, stream).flushHeaders());
  const { status, headers } = await askModel(stack);
  assert.deepEqual([status, headers['x-clincher-reason']], [504, 'provider-timeout']);
  await closed;
});

test('an attempt that runs past its time is cut, and the client sees that it is', async () => {
  await using stack = await stackWith({ attemptMs: 1_000 });
  const closed = closing((response) => response.writeHead(200, stream).write(start));
  const { status, answer } = await askModel(stack, {
    body: modelBody.replace('{', '{"stream":true,'),
  });
  assert.deepEqual([status, answer], [200, 'cut']);
  await closed;
  const { reason, settled } = await lastDecision(stack, 2);
  assert.deepEqual([reason, settled], ['provider-timeout', 'input-counted']);
});

test("a deployment's own time goes before its model's", async () => {
  const deployments = [deployment('one', { firstByteMs: 600 })];
  await using stack = await stackWith({ firstByteMs: 600_000, deployments });
  const closed = closing(() => {});
  assert.equal((await askModel(stack)).status, 504);
  await closed;
});

test('retries, waits and fallbacks together have one time', async () => {
  const more = {
    totalMs: 1_500,
    retries: { 'server-error': 10 },
    fallbacks: { general: ['spare'] },
  };
  await using stack = await stackWith(more);
  let asked = 0;
  provider.respond = (_request, response) => {
    asked += 1;
    response.writeHead(500, { 'retry-after-ms': '9000' }).end('{}');
  };
  const began = performance.now();
  assert.equal((await askModel(stack)).status, 500);
  assert.ok(performance.now() - began < 8_000);
  assert.equal(asked, 1);
  assert.equal((await moneyOf(stack)).reserved, 0);
});

test('the time of the whole request ends a silent attempt', async () => {
  await using stack = await stackWith({ totalMs: 600 });
  const closed = closing(() => {});
  const { status, answer } = await askModel(stack);
  assert.equal(status, 504);
  assert.match(answer, /the whole request had 600 ms/);
  await closed;
});

test('a client that leaves while it waits ends the attempt, and no other is made', async () => {
  await using stack = await stackWith({ fallbacks: { general: ['spare'] } });
  const before = provider.requests.length;
  const closed = closing(() => request.destroy());
  const headers = { 'x-api-key': virtualKey };
  const request = httpRequest(`${stack.url}/v1/messages`, { method: 'POST', headers });
  request.end(modelBody);
  await once(request, 'error');
  await closed;
  const { reason, settled } = await lastDecision(stack, 2);
  assert.deepEqual([reason, settled], ['client-gone', 'kept']);
  assert.equal(provider.requests.length, before + 1);
});

test('a client that leaves during the wait for a retry ends it, and owes nothing', async () => {
  await using stack = await stackWith({ retries: { 'rate-limit': 3 } });
  const before = provider.requests.length;
  provider.respond = (_request, response) => {
    response.writeHead(429, { 'retry-after-ms': '9000' }).end('{}', () => request.destroy());
  };
  const headers = { 'x-api-key': virtualKey };
  const request = httpRequest(`${stack.url}/v1/messages`, { method: 'POST', headers });
  request.end(modelBody);
  await once(request, 'error');
  const { spendNanoUsd } = await lastDecision(stack, 2);
  assert.equal(spendNanoUsd, 0);
  assert.equal(provider.requests.length, before + 1);
  assert.equal((await moneyOf(stack)).reserved, 0);
});
