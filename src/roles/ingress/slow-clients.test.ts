// Clients that hold a connection by giving or taking a byte at a time, and those that ask too often
// or by too old a TLS; over both versions of HTTP.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import tls from 'node:tls';
import { http2Client } from '../../testing/http2-wire.ts';
import { startIngress, type TestIngress } from '../../testing/ingress.ts';
import { dialTls, exchange, fakeUpstream } from '../../testing/wire.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
const slow = { clientGraceMs: 300, clientBytesPerSecondMin: 1_000 };

function reasons(ingress: TestIngress): readonly unknown[] {
  return ingress.telemetry.decisions().map(({ reason }) => reason);
}

async function untilRecorded(ingress: TestIngress): Promise<readonly unknown[]> {
  while (reasons(ingress).length === 0) await new Promise((next) => setTimeout(next, 5));
  return reasons(ingress);
}

test('a body that comes a byte at a time is cut off, over HTTP/1.1', async () => {
  await using ingress = await startIngress([gateway], { limits: slow });
  await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const socket = dialTls(ingress.tls);
  const timer = setInterval(() => socket.writable && socket.write('x'), 50);
  const head = `POST / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nContent-Length: 9000\r\n\r\n`;
  assert.match(await exchange(socket, head), /^HTTP\/1\.1 408 .*client-slow/s);
  clearInterval(timer);
  assert.deepEqual(reasons(ingress), ['client-slow']);
});

test('a body that comes a byte at a time is cut off, over HTTP/2', async () => {
  await using ingress = await startIngress([gateway], { limits: slow });
  await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
  await using client = await http2Client(ingress.tls, ingress.origin);
  const stream = client.session.request({ ':path': '/', ':method': 'POST' }, { endStream: false });
  stream.on('error', () => {});
  const timer = setInterval(() => stream.writable && stream.write('x'), 50);
  const [headers] = await once(stream, 'response');
  clearInterval(timer);
  assert.equal(headers[':status'], 408);
});

const large = 'x'.repeat(40 * 1024 * 1024);

test('an answer that is not read is not kept for the reader, over HTTP/1.1', async () => {
  await using ingress = await startIngress([gateway], { limits: slow });
  await using _upstream = await fakeUpstream(`${ingress.folder}/gw`, large);
  const socket = dialTls(ingress.tls);
  socket.on('error', () => {});
  socket.once('data', () => socket.pause());
  socket.write(`GET / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\n\r\n`);
  assert.deepEqual(await untilRecorded(ingress), ['client-slow']);
  socket.destroy();
});

test('a window that is never opened does not hold an answer, over HTTP/2', async () => {
  await using ingress = await startIngress([gateway], { limits: slow });
  await using _upstream = await fakeUpstream(`${ingress.folder}/gw`, large);
  await using client = await http2Client(ingress.tls, ingress.origin);
  const stream = client.session.request({ ':path': '/' });
  const broken = once(stream, 'error');
  await once(stream, 'response');
  stream.pause();
  assert.deepEqual(await untilRecorded(ingress), ['client-slow']);
  await assert.doesNotReject(broken);
});

test('a service that is slow itself is waited for, however slowly it reads and answers', async () => {
  await using ingress = await startIngress([gateway], { limits: slow });
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (request, response) => {
    // Reads nothing for longer than a client may be slow, and then answers slower than it may.
    setTimeout(() => request.resume(), 700);
    request.once('end', () => {
      response.write('a');
      setTimeout(() => response.end('b'), 700);
    });
  });
  const body = 'x'.repeat(8 * 1024 * 1024);
  assert.equal((await ingress.ask('/', { method: 'POST', body })).body, 'ab');
});

test('a client that asks too often is told when to ask again, and others are served', async () => {
  const front = { ranges: ['127.0.0.0/8'], addressHeader: 'cf-connecting-ip', certificate: false };
  const rate = { requests: 3, perSeconds: 60 };
  await using ingress = await startIngress([gateway], { rate, front: front as never });
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const from = (address: string, more = {}) =>
    ingress.ask('/', { headers: { 'cf-connecting-ip': address, ...more } });
  for (let index = 0; index < 3; index += 1) {
    assert.equal((await from(`2001:db8::${index}`)).status, 200);
  }
  const refused = await from('2001:db8::ffff', { 'x-forwarded-for': '203.0.113.9' });
  assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '20']);
  assert.equal((await from('2001:db8:0:1::1')).status, 200);
  assert.equal(upstream.seen.length, 4);
  await using client = await http2Client(ingress.tls, ingress.origin);
  const again = await client.ask({ ':path': '/', 'cf-connecting-ip': '2001:db8::1' });
  assert.equal(again.status, 429);
});

test('one client has so many connections, and the next one of it is closed at once', async () => {
  const limits = { connectionsPerClientMax: 2 };
  await using ingress = await startIngress([gateway], { limits });
  const open = [dialTls(ingress.tls), dialTls(ingress.tls)];
  await Promise.all(open.map((socket) => once(socket, 'secureConnect')));
  await assert.rejects(exchange(dialTls(ingress.tls), ''), { code: 'ECONNRESET' });
  assert.deepEqual(reasons(ingress), ['limit-connections']);
  for (const socket of open) socket.destroy();
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
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = tls.connect({ ...ingress.tls, minVersion: version, maxVersion: version });
      await once(socket, 'secureConnect');
      assert.equal(socket.getProtocol(), version);
      socket.destroy();
    }
  } finally {
    Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS });
  }
});
