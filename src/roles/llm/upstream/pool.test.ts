// Connections are kept and bounded; a connection that was lost never makes a call twice.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { test } from 'node:test';
import { Upstream, UpstreamFailure } from './upstream.ts';

type Act = (socket: Socket, request: string, count: number) => void;

/** A server that hands each whole request to the test, which writes what it likes. */
async function server(act: Act) {
  const sockets: Socket[] = [];
  const requests: string[] = [];
  const listener = createServer((socket) => {
    sockets.push(socket);
    let text = '';
    let count = 0;
    socket.on('error', () => {});
    socket.on('data', (part) => {
      text += part.toString('latin1');
      if (!text.endsWith('{}')) return;
      requests.push(text);
      count += 1;
      act(socket, text, count);
      text = '';
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    ...{ sockets, requests, port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => listener.close(done));
    },
  };
}

function upstreamTo(port: number, more: object = {}): Upstream {
  return new Upstream({
    ...{ name: 'test', baseUrl: 'http://test.example/base', ca: null, connectionsMax: 4 },
    dial: { direct: `tcp:127.0.0.1:${port}` },
    ...{ dialTimeoutMs: 2_000, keepAliveMs: 30_000, idleTimeoutMs: 2_000, headerBytesMax: 8_192 },
    ...more,
  });
}

const call = (more: object = {}) => ({
  ...{ path: '/v1/x', headers: {}, body: [Buffer.from('{}')], firstByteMs: 2_000 },
  requestId: randomUUID(),
  signal: new AbortController().signal,
  ...more,
});

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const answerOk: Act = (socket) => void socket.write(ok);

async function ask(upstream: Upstream, more: object = {}) {
  const answer = await upstream.call(call(more));
  return { ...answer, text: await textOf(answer.body) };
}

const settled = () => new Promise((done) => setImmediate(done));

test('calls one after the other share a connection, and say whose tunnel it is', async () => {
  await using far = await server(answerOk);
  using upstream = upstreamTo(far.port);
  const first = await ask(upstream, { requestId: 'first' });
  await settled();
  const second = await ask(upstream, { requestId: 'second' });
  assert.deepEqual([first.text, second.text, far.sockets.length], ['ok', 'ok', 1]);
  assert.deepEqual([first.tunnel, second.tunnel], ['first', 'first']);
  assert.match(far.requests[0] ?? '', /^POST \/base\/v1\/x HTTP\/1\.1\r\n/);
});

test('calls at the same time have connections of their own, up to the bound', async () => {
  const waiting: Socket[] = [];
  await using far = await server((socket) => void waiting.push(socket));
  using upstream = upstreamTo(far.port, { connectionsMax: 2, dialTimeoutMs: 300 });
  const both = [ask(upstream), ask(upstream)];
  while (waiting.length < 2) await settled();
  await assert.rejects(
    ask(upstream),
    (error) =>
      error instanceof UpstreamFailure && error.reason === 'limit-connections' && !error.sent,
  );
  for (const socket of waiting) socket.write(ok);
  await Promise.all(both);
  assert.equal(far.sockets.length, 2);
});

test('a call that waits gets the connection that comes free', async () => {
  const waiting: Socket[] = [];
  await using far = await server((socket) => void waiting.push(socket));
  using upstream = upstreamTo(far.port, { connectionsMax: 1 });
  const [first, second] = [ask(upstream), ask(upstream)];
  while (waiting.length < 1) await settled();
  waiting[0]?.write(ok);
  await first;
  while (waiting.length < 2) await settled();
  waiting[1]?.write(ok);
  assert.equal((await second).text, 'ok');
  assert.equal(far.sockets.length, 1);
});

test('a connection that the provider closed while it was idle is not used again', async () => {
  await using far = await server(answerOk);
  using upstream = upstreamTo(far.port);
  await ask(upstream);
  far.sockets[0]?.end();
  await once(far.sockets[0] as Socket, 'close');
  for (let round = 0; round < 5; round += 1) await settled();
  assert.equal((await ask(upstream)).text, 'ok');
  assert.deepEqual([far.sockets.length, far.requests.length], [2, 2]);
});

test('a kept connection that dies with the request on it is not tried again: it may be billed', async () => {
  await using far = await server((socket, _request, count) => {
    if (count === 1) socket.write(ok);
    else socket.destroy();
  });
  using upstream = upstreamTo(far.port);
  await ask(upstream);
  await settled();
  await assert.rejects(ask(upstream), (error) => error instanceof UpstreamFailure && error.sent);
  assert.equal(far.requests.length, 2);
  assert.equal((await ask(upstream)).text, 'ok');
});

test('an answer that is not read to its end takes its connection with it', async () => {
  await using far = await server((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok');
  });
  using upstream = upstreamTo(far.port);
  const { body } = await upstream.call(call());
  body.destroy();
  await once(far.sockets[0] as Socket, 'close');
});

test('a connection on which some of a body still waits is not used again: its memory is', async () => {
  const whole = Buffer.alloc(64 * 1024 * 1024, 'x');
  const sockets: Socket[] = [];
  await using far = await server(() => {});
  using upstream = upstreamTo(far.port);
  // It answers what it has not read: nothing of a request ends as its answer wants it.
  const answers = ask(upstream, { body: [whole] });
  while (far.sockets.length === 0) await settled();
  sockets.push(...far.sockets);
  sockets[0]?.pause().write(ok);
  assert.equal((await answers).text, 'ok');
  await once(sockets[0]?.resume() as Socket, 'close');
});

test('nobody who listens is a failure before anything was sent', async () => {
  const far = await server(answerOk);
  using upstream = upstreamTo(far.port);
  await far[Symbol.asyncDispose]();
  await assert.rejects(
    ask(upstream),
    (error) =>
      error instanceof UpstreamFailure && error.reason === 'upstream-unreachable' && !error.sent,
  );
});

test('a client that leaves ends the call at the provider', async () => {
  await using far = await server(() => {});
  using upstream = upstreamTo(far.port);
  const abort = new AbortController();
  const asked = ask(upstream, { signal: abort.signal });
  const failed = assert.rejects(asked, (error) => error instanceof UpstreamFailure && error.sent);
  while (far.requests.length === 0) await settled();
  abort.abort();
  await failed;
  await once(far.sockets[0] as Socket, 'close');
});
