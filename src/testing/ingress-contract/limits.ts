// What a client may ask for at most, how fast it has to be, and how it is refused.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { http2Client } from '../http2-wire.ts';
import { dialTls, fakeUpstream } from '../wire.ts';
import { closeOf, gateway, type IngressCase, talk } from './model.ts';

const slow = { clientGraceMs: 300, clientBytesPerSecondMin: 1_000 };
const front = {
  ranges: ['127.0.0.0/8'],
  addressHeader: 'cf-connecting-ip' as const,
  certificate: false,
};
const large = 'x'.repeat(40 * 1024 * 1024);

export const limitCases: readonly IngressCase[] = [
  {
    property: 'body-limit',
    name: 'a body over the limit is refused by its length, and by its bytes when it has none',
    async run(start) {
      await using ingress = await start([gateway], { limits: { bodyBytesMax: 1_000 } });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const post = { method: 'POST', body: 'x'.repeat(1_001) };
      const refused = await ingress.ask('/', post);
      assert.deepEqual([refused.status, refused.headers['x-clincher-reason']], [413, 'limit-body']);
      const head = `POST / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const chunk = `3e8\r\n${'x'.repeat(1_000)}\r\n1\r\nx\r\n0\r\n\r\n`;
      assert.match(await talk(dialTls(ingress.tls), head + chunk), /^HTTP\/1\.1 413 /);
      await using client = await http2Client(ingress.tls, ingress.origin);
      const ask = { ':path': '/', ':method': 'POST' };
      const answer = await client.ask({ ...ask, 'content-length': 1_001 }, post.body);
      assert.equal(answer.status, 413);
      assert.equal((await client.ask(ask, post.body)).status, 413);
      assert.equal(upstream.seen.length, 0);
    },
  },
  {
    property: 'head-limit',
    name: 'a head that is too large is refused',
    async run(start) {
      await using ingress = await start([gateway], { limits: { headerBytesMax: 4_096 } });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const head = `GET / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nX: ${'x'.repeat(12_000)}\r\n\r\n`;
      assert.match(await talk(dialTls(ingress.tls), head), /^HTTP\/1\.1 431 /);
      assert.equal(upstream.seen.length, 0);
    },
  },
  {
    property: 'head-time',
    name: 'a head that does not come to its end is not waited for',
    async run(start) {
      await using ingress = await start([gateway], { limits: { headerTimeoutMs: 500 } });
      const socket = dialTls(ingress.tls);
      const closed = closeOf(socket);
      socket.on('error', () => {}).resume();
      const timer = setInterval(() => socket.writable && socket.write('x'), 50);
      socket.write('GET / HTTP/1.1\r\nHost: loc');
      await within(closed).finally(() => {
        clearInterval(timer);
        socket.destroy();
      });
    },
  },
  {
    property: 'silent-body',
    name: 'a body that stops coming is not waited for',
    async run(start) {
      await using ingress = await start([gateway], { limits: slow });
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const socket = dialTls(ingress.tls);
      const closed = closeOf(socket);
      socket.on('error', () => {}).resume();
      const head = `POST / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nContent-Length: 9000\r\n\r\n`;
      socket.write(`${head}some`);
      await within(closed).finally(() => socket.destroy());
    },
  },
  {
    property: 'slow-body',
    name: 'a body that comes a byte at a time is cut off, over HTTP/1.1',
    async run(start) {
      await using ingress = await start([gateway], { limits: slow });
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const socket = dialTls(ingress.tls);
      const timer = setInterval(() => socket.writable && socket.write('x'), 50);
      const head = `POST / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nContent-Length: 9000\r\n\r\n`;
      const answer = await talk(socket, head);
      clearInterval(timer);
      assert.match(answer, /^HTTP\/1\.1 408 .*client-slow/s);
    },
  },
  {
    property: 'slow-body',
    name: 'a body that comes a byte at a time is cut off, over HTTP/2',
    async run(start) {
      await using ingress = await start([gateway], { limits: slow });
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
      await using client = await http2Client(ingress.tls, ingress.origin);
      const ask = { ':path': '/', ':method': 'POST' };
      const stream = client.session.request(ask, { endStream: false });
      stream.on('error', () => {});
      const timer = setInterval(() => stream.writable && stream.write('x'), 50);
      const answered = once(stream, 'response');
      const [headers] = await within(answered).finally(() => clearInterval(timer));
      assert.equal(headers[':status'], 408);
    },
  },
  {
    property: 'unread-answer',
    name: 'an answer that is not read is not kept for the reader, over HTTP/1.1',
    async run(start) {
      await using ingress = await start([gateway], { limits: slow });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`, large);
      const left = eventuallyLeft(upstream);
      const socket = dialTls(ingress.tls);
      socket.on('error', () => {});
      socket.once('data', () => socket.pause());
      socket.write(`GET / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\n\r\n`);
      await within(left).finally(() => socket.destroy());
    },
  },
  {
    property: 'unread-answer',
    name: 'a window that is never opened does not hold an answer, over HTTP/2',
    async run(start) {
      await using ingress = await start([gateway], { limits: slow });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`, large);
      const left = eventuallyLeft(upstream);
      await using client = await http2Client(ingress.tls, ingress.origin);
      const stream = client.session.request({ ':path': '/' });
      stream.on('error', () => {});
      await once(stream, 'response');
      stream.pause();
      await within(left);
    },
  },
  {
    property: 'slow-service',
    name: 'a service that is slow itself is waited for, however slowly it reads and answers',
    async run(start) {
      await using ingress = await start([gateway], { limits: slow });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      upstream.server.removeAllListeners('request');
      upstream.server.on('request', (request, response) => {
        // Reads nothing for longer than a client may be slow, and then answers slower than it may.
        setTimeout(() => request.resume(), 900);
        request.once('end', () => {
          response.write('a');
          setTimeout(() => response.end('b'), 900);
        });
      });
      const body = 'x'.repeat(8 * 1024 * 1024);
      assert.equal((await ingress.ask('/', { method: 'POST', body })).body, 'ab');
    },
  },
  {
    property: 'rate',
    name: 'a client that asks too often is told when to ask again, and others are served',
    async run(start) {
      const rate = { requests: 3, perSeconds: 60 };
      await using ingress = await start([gateway], { rate, front });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const from = (address: string, more = {}) =>
        ingress.ask('/', { headers: { 'cf-connecting-ip': address, ...more } });
      for (let index = 0; index < 3; index += 1) {
        assert.equal((await from(`2001:db8::${index}`)).status, 200);
      }
      const refused = await from('2001:db8::ffff', { 'x-forwarded-for': '203.0.113.9' });
      assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '20']);
      assert.equal(refused.headers['x-clincher-reason'], 'limit-rate');
      assert.equal((await from('2001:db8:0:1::1')).status, 200);
      assert.equal(upstream.seen.length, 4);
      await using client = await http2Client(ingress.tls, ingress.origin);
      const again = await client.ask({ ':path': '/', 'cf-connecting-ip': '2001:db8::1' });
      assert.equal(again.status, 429);
    },
  },
  {
    property: 'rate',
    name: 'a client that guesses at a token is refused like who asks for something',
    async run(start) {
      const metrics = { prefix: '/', service: 'metrics', to: 'mx', bearerFile: 'token' };
      await using ingress = await start([metrics], { rate: { requests: 2, perSeconds: 60 } });
      const statuses: number[] = [];
      for (const guess of ['a', 'b', 'c']) {
        const headers = { authorization: `Bearer ${guess}` };
        statuses.push((await ingress.ask('/', { headers })).status);
      }
      assert.deepEqual(statuses, [401, 401, 429]);
    },
  },
  {
    property: 'connections',
    name: 'one client has so many connections, and the next one of it is closed at once',
    async run(start) {
      await using ingress = await start([gateway], { limits: { connectionsPerClientMax: 2 } });
      const open = [dialTls(ingress.tls), dialTls(ingress.tls)];
      await Promise.all(open.map((socket) => once(socket, 'secureConnect')));
      const next = dialTls(ingress.tls).on('error', () => {});
      await within(closeOf(next)).finally(() => {
        for (const socket of [...open, next]) socket.destroy();
      });
    },
  },
  {
    property: 'tls-version',
    name: 'TLS older than 1.2 is refused',
    async run(start) {
      await using ingress = await start([gateway]);
      for (const version of ['TLSv1', 'TLSv1.1'] as const) {
        const ciphers = 'ALL:@SECLEVEL=0';
        const socket = connect({
          ...ingress.tls,
          minVersion: version,
          maxVersion: version,
          ciphers,
        });
        const [error] = await once(socket, 'error');
        assert.match(String(error.code), /^(ERR_SSL|ECONNRESET)/);
      }
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const socket = connect({ ...ingress.tls, minVersion: version, maxVersion: version });
        await once(socket, 'secureConnect');
        assert.equal(socket.getProtocol(), version);
        socket.destroy();
      }
    },
  },
];

const boundMs = 5_000;

/** What does not happen by itself fails the case. */
function within<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`nothing in ${boundMs} ms`)), boundMs);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

type Upstream = Awaited<ReturnType<typeof fakeUpstream>>;

/** The answer's end, before it was whole. */
function eventuallyLeft({ server }: Upstream): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('request', (_, response) => {
      response.once('close', () =>
        response.writableFinished ? reject(new Error('all of it was taken')) : resolve(),
      );
    });
  });
}
