// WebSockets through the ingress, with a real client and a real server.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { startIngress, type TestIngress } from '../../testing/ingress.ts';
import { fakeUpstream } from '../../testing/wire.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };

function dial(ingress: TestIngress, origin = ingress.origin): WebSocket {
  return new WebSocket(`wss://localhost:${ingress.port}/ws`, { ca: ingress.ca, origin });
}

async function recorded(ingress: TestIngress, count: number) {
  while (ingress.telemetry.decisions().length < count) {
    await new Promise((next) => setTimeout(next, 5));
  }
  return ingress.telemetry.decisions();
}

test('a WebSocket opens, carries both ways, closes, and is recorded with its bytes', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const sockets = new WebSocketServer({ server: upstream.server });
  const forwarded: unknown[] = [];
  sockets.on('connection', (socket, request) => {
    forwarded.push(request.headers['x-forwarded-for'], request.headers['x-request-id']);
    socket.on('message', (data) => socket.send(`echo ${data}`));
  });
  const client = dial(ingress);
  await once(client, 'open');
  client.send('x'.repeat(100_000));
  const [message] = await once(client, 'message');
  assert.equal(String(message).length, 100_005);
  client.close();
  await once(client, 'close');
  const [record] = await recorded(ingress, 1);
  assert.equal(record?.websocket, true);
  assert.equal(record?.status, 101);
  assert.ok(Number(record?.bytesIn) > 100_000 && Number(record?.bytesOut) > 100_005);
  assert.deepEqual(forwarded, ['192.0.2.1', record?.requestId]);
  const opened = ingress.telemetry.lines().find(({ event }) => event === 'websocket-opened');
  assert.equal(opened?.requestId, record?.requestId);
  sockets.close();
});

test('a refusal by the service reaches the client with its body', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  upstream.server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nnot you');
  });
  const client = dial(ingress);
  client.on('error', () => {});
  const [, response] = await once(client, 'unexpected-response');
  assert.equal(response.statusCode, 403);
  let body = '';
  for await (const chunk of response) body += chunk;
  assert.equal(body, 'not you');
  assert.equal((await recorded(ingress, 1))[0]?.status, 403);
});

test('a page of another origin cannot open one', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const sockets = new WebSocketServer({ server: upstream.server });
  const client = dial(ingress, 'https://evil.example');
  client.on('error', () => {});
  const [, response] = await once(client, 'unexpected-response');
  assert.equal(response.statusCode, 403);
  assert.equal(response.headers['x-clincher-reason'], 'origin-foreign');
  assert.equal(sockets.clients.size, 0);
  response.destroy();
  sockets.close();
});

test('a WebSocket to a service that is not there is answered, and one in use ends with the ingress', async () => {
  await using ingress = await startIngress([gateway]);
  const early = dial(ingress);
  early.on('error', () => {});
  const [, response] = await once(early, 'unexpected-response');
  assert.equal(response.statusCode, 503);
  response.destroy();
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const sockets = new WebSocketServer({ server: upstream.server });
  const client = dial(ingress);
  await once(client, 'open');
  const closed = once(client, 'close');
  await ingress[Symbol.asyncDispose]();
  await closed;
  sockets.close();
});

test('a WebSocket on which nothing moves is closed after the idle limit', async () => {
  await using ingress = await startIngress([gateway], { limits: { idleTimeoutMs: 150 } });
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const sockets = new WebSocketServer({ server: upstream.server });
  const client = dial(ingress);
  await once(client, 'open');
  await once(client, 'close');
  assert.equal((await recorded(ingress, 1))[0]?.status, 101);
  sockets.close();
});
