// The ingress with a real TLS client in front of it and a recording service behind it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { startIngress } from '../../testing/ingress.ts';
import { dialTls, exchange, fakeUpstream } from '../../testing/wire.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
const metrics = { prefix: '/metrics', service: 'metrics', to: 'mx', bearerFile: 'token' };

test('a request goes through with its body, and comes back with the id it is recorded under', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`, 'answer', {
    'set-cookie': ['a=1', 'b=2'],
  });
  const answer = await ingress.ask('/v1/chat?x=1', { method: 'POST', body: 'question' });
  assert.equal(answer.status, 200);
  assert.equal(answer.body, 'answer');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(upstream.seen[0]?.body, 'question');
  assert.equal(upstream.seen[0]?.url, '/v1/chat?x=1');
  const [record] = ingress.telemetry.decisions();
  assert.equal(record?.requestId, answer.headers['x-request-id']);
  assert.equal(record?.requestId, upstream.header('x-request-id'));
  assert.equal(record?.status, 200);
  assert.deepEqual([record?.service, record?.to], ['ingress', 'gateway']);
  assert.equal(record?.bytesIn, 8);
  assert.equal(record?.bytesOut, 6);
  assert.equal(record?.path, '/v1/chat', 'the query may hold a token and is not recorded');
});

test('what a client says about itself is overwritten before the service sees it', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  await ingress.ask('/', {
    headers: {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-user': 'root',
      forwarded: 'for=127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'cf-connecting-ip': '127.0.0.1',
      'x-request-id': 'mine',
      connection: 'x-forwarded-for, x-request-id, authorization',
      authorization: 'Bearer kept-only-if-not-named',
    },
  });
  const raw = upstream.seen[0]?.rawHeaders ?? [];
  const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  assert.deepEqual(names.toSorted(), [
    'connection',
    'host',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-request-id',
  ]);
  assert.equal(upstream.header('x-forwarded-for'), '192.0.2.1');
  assert.equal(upstream.header('x-forwarded-proto'), 'https');
  assert.equal(upstream.header('x-forwarded-host'), `localhost:${ingress.port}`);
  assert.notEqual(upstream.header('x-request-id'), 'mine');
});

test('only the origin’s own host is served, and nothing else reaches a service', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const wrong = await ingress.ask('/', { headers: { host: 'evil.example' } });
  assert.equal(wrong.status, 421);
  assert.match(wrong.body, new RegExp(`It is ${ingress.origin}`));
  assert.equal(wrong.headers['x-clincher-reason'], 'host-unknown');
  assert.equal(upstream.seen.length, 0);
  assert.equal((await ingress.ask('/')).status, 200);
});

test('a route with a bearer file asks for exactly that token, and keeps it to itself', async () => {
  await using ingress = await startIngress([gateway, metrics]);
  await using upstream = await fakeUpstream(`${ingress.folder}/mx`, 'numbers');
  const tried = [
    undefined,
    'Bearer wrong',
    'Bearer the-metrics-toke',
    'Basic the-metrics-token',
    'Bearer ',
  ];
  for (const authorization of tried) {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await ingress.ask('/metrics', { headers });
    assert.equal(answer.status, 401, String(authorization));
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
  }
  assert.equal(upstream.seen.length, 0);
  const headers = { authorization: 'Bearer the-metrics-token' };
  assert.equal((await ingress.ask('/metrics', { headers })).body, 'numbers');
  assert.equal(upstream.header('authorization'), undefined);
});

test('while the service is not there, a person sees a page and a program sees JSON', async () => {
  await using ingress = await startIngress([gateway]);
  const page = await ingress.ask('/', { headers: { accept: 'text/html,*/*' } });
  assert.equal(page.status, 503);
  assert.equal(page.headers['retry-after'], '3');
  assert.match(page.body, /<p role="status">The gateway is not answering yet/);
  assert.match(page.body, /http-equiv="refresh"/);
  const json = await ingress.ask('/v1/models');
  assert.equal(json.status, 503);
  assert.equal(JSON.parse(json.body).error.code, 'upstream-unreachable');
  assert.equal(ingress.telemetry.decisions()[1]?.reason, 'upstream-unreachable');
});

test('a body over the limit is refused by its length, and by its bytes when it has none', async () => {
  const limits = { bodyBytesMax: 1_000 };
  await using ingress = await startIngress([gateway], { limits });
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const post = { method: 'POST', body: 'x'.repeat(1_001) };
  assert.equal((await ingress.ask('/', post)).status, 413);
  const head = `POST / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunk = `3e8\r\n${'x'.repeat(1_000)}\r\n1\r\nx\r\n`;
  const answer = await exchange(dialTls(ingress.tls), head + chunk);
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.equal(upstream.seen.length, 0);
});

test('a head that is too large or too slow is refused, and recorded', async () => {
  const limits = { headerBytesMax: 4_096, headerTimeoutMs: 300 };
  await using ingress = await startIngress([gateway], { limits });
  const large = await exchange(
    dialTls(ingress.tls),
    `GET / HTTP/1.1\r\nX: ${'x'.repeat(5_000)}\r\n\r\n`,
  );
  assert.match(large, /^HTTP\/1\.1 431 /);
  const slow = await exchange(dialTls(ingress.tls), 'GET / HTTP/1.1\r\nHost: loc');
  assert.match(slow, /^HTTP\/1\.1 408 /);
  const faults = ingress.telemetry.decisions().map(({ fault }) => fault);
  assert.deepEqual(faults, ['head-too-large', 'head-too-slow']);
});

test('a connection beyond the limit is closed at once, and counted', async () => {
  await using ingress = await startIngress([gateway], { limits: { connectionsMax: 1 } });
  const first = dialTls(ingress.tls);
  await once(first, 'secureConnect');
  const second = dialTls(ingress.tls);
  second.on('error', () => {});
  await new Promise((closed) => second.once('close', closed));
  first.destroy();
  const text = await ingress.telemetry.metrics.metrics();
  assert.match(text, /clincher_dropped_connections_total\{caller="people"\} 1/);
});

test('TLS older than 1.2 is refused', async () => {
  await using ingress = await startIngress([gateway]);
  const socket = connect({
    ...ingress.tls,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'ALL:@SECLEVEL=0',
  });
  const [error] = await once(socket, 'error');
  assert.match(String(error.code), /^(ERR_SSL|ECONNRESET)/);
});

test('a service that breaks off mid-answer leaves the client with a broken one, not a short one', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('half', () => response.destroy());
  });
  await assert.rejects(ingress.ask('/'), { code: 'ECONNRESET' });
  assert.equal(ingress.telemetry.decisions()[0]?.reason, 'upstream-unreachable');
});

test('protections are added where the service set none, and its own are kept', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`, '', {
    'referrer-policy': 'same-origin',
    'alt-svc': 'h3=":443"',
  });
  const { headers } = await ingress.ask('/');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'same-origin');
  assert.equal(headers['x-frame-options'], 'SAMEORIGIN');
  assert.equal(headers['alt-svc'], undefined);
  assert.equal(headers['strict-transport-security'], undefined, 'localhost must not be pinned');
  assert.equal(upstream.seen.length, 1);
});

test('a body’s framing cannot hide behind more headers than are kept', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const many = 'a:\r\n'.repeat(1_000);
  const inner = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
  const body = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
  const head = `GET / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nConnection: close\r\n`;
  const bytes = `${head}${many}Transfer-Encoding: chunked\r\n\r\n${body}`;
  const answer = await exchange(dialTls(ingress.tls), bytes);
  // A parser that kept the first headers and dropped the rest would carry the body on, unframed.
  assert.match(answer, /^HTTP\/1\.1 431 /);
  assert.deepEqual(upstream.seen, []);
});
