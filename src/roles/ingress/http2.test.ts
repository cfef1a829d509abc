// The ingress over HTTP/2, with Node's own client: requests, bodies, WebSockets (RFC 8441), limits.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { http2Client } from '../../testing/http2-wire.ts';
import { startIngress, type TestIngress } from '../../testing/ingress.ts';
import { fakeUpstream } from '../../testing/wire.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
const metrics = { prefix: '/metrics', service: 'metrics', to: 'mx', bearerFile: 'token' };

const dial = (ingress: TestIngress) => http2Client(ingress.tls, ingress.origin);

test('a request over HTTP/2 goes on as one of HTTP/1.1, told anew who it comes from', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`, 'answer', {
    'set-cookie': ['a=1', 'b=2'],
    connection: 'close',
  });
  await using client = await dial(ingress);
  const answer = await client.ask(
    {
      ':path': '/v1/chat?x=1',
      ':method': 'POST',
      cookie: ['c=3', 'd=4'],
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      forwarded: 'for=127.0.0.1',
    },
    'question',
  );
  assert.deepEqual([answer.status, answer.body], [200, 'answer']);
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(upstream.seen[0]?.body, 'question');
  assert.equal(upstream.seen[0]?.url, '/v1/chat?x=1');
  assert.equal(upstream.header('cookie'), 'c=3; d=4');
  assert.equal(upstream.header('host'), `localhost:${ingress.port}`);
  const names = upstream.seen[0]?.rawHeaders.filter((_, index) => index % 2 === 0) ?? [];
  assert.deepEqual(
    names.map((name) => name.toLowerCase()).filter((name) => /forward|real|^:/.test(name)),
    ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'],
  );
  assert.equal(upstream.header('x-forwarded-for'), '192.0.2.1');
  const [record] = ingress.telemetry.decisions();
  assert.deepEqual([record?.http, record?.path, record?.bytesIn], ['2.0', '/v1/chat', 8]);
  assert.equal(record?.requestId, answer.headers['x-request-id']);
});

test('many requests share a connection, and a refused one does not end it', async () => {
  await using ingress = await startIngress([gateway, metrics]);
  await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
  await using client = await dial(ingress);
  const all = [
    { ':path': '/' },
    { ':path': '/metrics' },
    { ':path': '/', ':authority': 'evil.example' },
  ];
  const answers = await Promise.all(all.map((headers) => client.ask(headers)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 401, 421],
  );
  assert.equal(answers[2]?.headers['x-clincher-reason'], 'host-unknown');
  assert.equal((await client.ask({ ':path': '/' })).status, 200);
});

test('a person sees the page while the service starts, and protections are added', async () => {
  await using ingress = await startIngress([gateway]);
  await using client = await dial(ingress);
  const page = await client.ask({ ':path': '/', accept: 'text/html' });
  assert.equal(page.status, 503);
  assert.match(page.body, /<p role="status">The gateway is not answering yet/);
  await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const { headers } = await client.ask({ ':path': '/' });
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(String(headers['content-security-policy']), /form-action 'self'/);
});

test('a body over the limit is refused by its length, and by its bytes', async () => {
  await using ingress = await startIngress([gateway], { limits: { bodyBytesMax: 1_000 } });
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  await using client = await dial(ingress);
  const post = { ':path': '/', ':method': 'POST' };
  const body = 'x'.repeat(1_001);
  assert.equal((await client.ask({ ...post, 'content-length': 1_001 }, body)).status, 413);
  assert.equal((await client.ask(post, body)).status, 413);
  assert.equal(upstream.seen.length, 0);
});

test('an answer that breaks off is a broken stream, and a client that leaves is not waited for', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  upstream.server.removeAllListeners('request');
  upstream.server.once('request', (_, response) => {
    response.writeHead(200);
    response.write('half', () => response.destroy());
  });
  await using client = await dial(ingress);
  await assert.rejects(client.ask({ ':path': '/' }), { code: 'ERR_HTTP2_STREAM_ERROR' });
  const left = new Promise<void>((resolve) => {
    upstream.server.once('request', (_, response) => response.once('close', resolve));
  });
  const stream = client.session.request({ ':path': '/' });
  stream.on('error', () => {});
  await once(upstream.server, 'request');
  stream.close(8);
  await left;
  while (ingress.telemetry.decisions().length < 2) await new Promise(setImmediate);
  const reasons = ingress.telemetry.decisions().map(({ reason }) => reason);
  assert.deepEqual(reasons, ['upstream-unreachable', 'client-gone']);
});

function upgrade(
  client: Awaited<ReturnType<typeof dial>>,
  origin: string,
  more: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  return client.session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/ws',
    'sec-websocket-version': '13',
    origin,
    ...more,
  });
}

test('a WebSocket opens over HTTP/2, carries both ways, and is recorded with its bytes', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const sockets = new WebSocketServer({ server: upstream.server });
  const forwarded: unknown[] = [];
  sockets.on('connection', (socket, request) => {
    forwarded.push(request.headers['x-forwarded-for'], request.method);
    socket.on('message', (data) => socket.send(`echo ${data}`));
  });
  await using client = await dial(ingress);
  const stream = upgrade(client, ingress.origin, { 'sec-websocket-key': 'mine' });
  const [headers] = await once(stream, 'response');
  assert.equal(headers[':status'], 200);
  assert.equal(headers['sec-websocket-accept'], undefined);
  // One masked text frame of two bytes, with a mask of zeros (RFC 6455, 5.2).
  stream.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
  const [data] = await once(stream, 'data');
  assert.equal(data.subarray(2).toString(), 'echo hi');
  assert.deepEqual(forwarded, ['192.0.2.1', 'GET']);
  stream.end();
  stream.resume();
  await once(stream, 'close');
  while (ingress.telemetry.decisions().length < 1) await new Promise(setImmediate);
  const [record] = ingress.telemetry.decisions();
  assert.deepEqual([record?.websocket, record?.status, record?.http], [true, 101, '2.0']);
  assert.equal(record?.bytesIn, 8);
  sockets.close();
});

test('a WebSocket over HTTP/2 is refused to other origins, and with the service’s own answer', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  upstream.server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nnot you');
  });
  await using client = await dial(ingress);
  const foreign = upgrade(client, 'https://evil.example');
  const [refused] = await once(foreign, 'response');
  assert.deepEqual([refused[':status'], refused['x-clincher-reason']], [403, 'origin-foreign']);
  foreign.close();
  const stream = upgrade(client, ingress.origin);
  const [answered] = await once(stream, 'response');
  assert.equal(answered[':status'], 403);
  let body = '';
  for await (const chunk of stream) body += chunk;
  assert.equal(body, 'not you');
});

test('what is open over HTTP/2 ends with the ingress', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const sockets = new WebSocketServer({ server: upstream.server });
  await using client = await dial(ingress);
  const stream = upgrade(client, ingress.origin);
  stream.on('error', () => {});
  await once(stream, 'response');
  const closed = once(client.session, 'close');
  stream.resume();
  await ingress[Symbol.asyncDispose]();
  await closed;
  sockets.close();
});
