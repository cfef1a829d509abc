// What our own server says of what it does, where another program in its place would not: what all
// of them have to do is asked in contract.test.ts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import tls from 'node:tls';
import { WebSocketServer } from 'ws';
import { http2Client } from '../../testing/http2-wire.ts';
import { startIngress } from '../../testing/ingress.ts';
import { dialWebSocket } from '../../testing/ingress-contract/websockets.ts';
import { dialTls, exchange, fakeUpstream } from '../../testing/wire.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };

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

test('bytes are counted by their bodies, and what breaks off by whom', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`, 'answer');
  await ingress.ask('/', { method: 'POST', body: 'question' });
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (_, response) => {
    response.write('half', () => response.destroy());
  });
  await assert.rejects(ingress.ask('/'));
  const [record, broken] = ingress.telemetry.decisions();
  assert.deepEqual([record?.bytesIn, record?.bytesOut], [8, 6]);
  assert.equal(broken?.reason, 'upstream-unreachable');
});

test('who is cut off for being slow, or for too many connections, is recorded as that', async () => {
  const limits = { clientGraceMs: 300, clientBytesPerSecondMin: 1_000, connectionsPerClientMax: 1 };
  await using ingress = await startIngress([gateway], { limits });
  await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const socket = dialTls(ingress.tls);
  const head = `POST / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nContent-Length: 9000\r\n\r\n`;
  await exchange(socket, head, 60_000);
  const open = dialTls(ingress.tls);
  await once(open, 'secureConnect');
  await assert.rejects(exchange(dialTls(ingress.tls), ''), { code: 'ECONNRESET' });
  open.destroy();
  const reasons = ingress.telemetry.decisions().map(({ reason }) => reason);
  assert.deepEqual(reasons, ['client-slow', 'limit-connections']);
});

test('what is open ends with it: a WebSocket, and what is asked over HTTP/2', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const sockets = new WebSocketServer({ server: upstream.server });
  const client = dialWebSocket(ingress);
  await once(client, 'open');
  await using other = await http2Client(ingress.tls, ingress.origin);
  upstream.server.removeAllListeners('request');
  other.session.request({ ':path': '/' }).on('error', () => {});
  await once(upstream.server, 'request');
  const closed = Promise.all([once(client, 'close'), once(other.session, 'close')]);
  await ingress[Symbol.asyncDispose]();
  await closed;
  sockets.close();
});

test('TLS older than 1.2 is refused, whatever this Node would take by itself', async () => {
  const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls;
  tls.DEFAULT_MIN_VERSION = 'TLSv1';
  tls.DEFAULT_CIPHERS = 'ALL:@SECLEVEL=0';
  try {
    await using ingress = await startIngress([gateway]);
    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      const socket = tls.connect({ ...ingress.tls, minVersion: version, maxVersion: version });
      const [error] = await once(socket, 'error');
      assert.match(String(error.code), /^(ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION|ECONNRESET)$/);
    }
  } finally {
    Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS });
  }
});
