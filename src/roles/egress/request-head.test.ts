// The request parser alone, where bytes arrive one at a time or at random.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type HeadReading, hasStrayBytes, readConnectHead } from './request-head.ts';

const good =
  'CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nX-Request-Id: r-1\r\n\r\n';

test('a head is read as it was written, and where it ends is known', () => {
  const reading = readConnectHead(Buffer.from(`${good}early`), 1_000);
  assert.deepEqual(reading, {
    state: 'head',
    head: {
      host: 'api.example.com',
      port: 443,
      requestId: 'r-1',
      proxyAuthorization: null,
      clientProxy: null,
      bytes: good.length,
    },
  });
});

test('credentials and the proxy a client asks for are read, and two of either are refused', () => {
  for (const [header, key] of [
    ['Proxy-Authorization', 'proxyAuthorization'],
    ['X-Upstream-Https-Proxy', 'clientProxy'],
  ] as const) {
    const once = `CONNECT a.example:443 HTTP/1.1\r\n${header}: one\r\n`;
    const reading = readConnectHead(Buffer.from(`${once}\r\n`), 1_000);
    assert.equal(reading.state === 'head' && reading.head[key], 'one');
    const twice = readConnectHead(Buffer.from(`${once}${header}: two\r\n\r\n`), 1_000);
    assert.deepEqual(twice, { state: 'refused', why: 'malformed' });
  }
});

test('a head read byte by byte is the head read at once', () => {
  for (let length = 1; length < good.length; length += 1) {
    const reading = readConnectHead(Buffer.from(good.slice(0, length)), 1_000, length - 1);
    assert.equal(reading.state, 'more', `after ${length}`);
  }
  assert.equal(readConnectHead(Buffer.from(good), 1_000, good.length - 1).state, 'head');
});

test('an IPv6 host is given without its brackets', () => {
  const reading = readConnectHead(Buffer.from('CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n'), 1_000);
  assert.equal(reading.state === 'head' && reading.head.host, '2001:db8::1');
});

test('a request id that is not well formed is not taken over', () => {
  for (const id of ['', 'a b', 'x'.repeat(65), '"><script>', 'a,b']) {
    const text = `CONNECT a.example:443 HTTP/1.1\r\nx-request-id: ${id}\r\n\r\n`;
    const reading = readConnectHead(Buffer.from(text), 1_000);
    assert.equal(reading.state === 'head' ? reading.head.requestId : id, null);
  }
});

test('garbage is refused before its end, a head that is too long before it is complete', () => {
  assert.deepEqual(readConnectHead(Buffer.from([22, 3, 1, 2, 0]), 1_000), {
    state: 'refused',
    why: 'malformed',
  });
  assert.deepEqual(readConnectHead(Buffer.from('CONNECT '.padEnd(101, 'a')), 100), {
    state: 'refused',
    why: 'too-large',
  });
});

test('a lone CR before a line end is refused also where the bytes are cut right behind it', () => {
  const cut = Buffer.from('CONNECT a.example:443 HTTP/1.1\r\r\n');
  assert.deepEqual(readConnectHead(cut, 1_000), { state: 'refused', why: 'malformed' });
});

test('a CR before anything but a line feed is stray, and so is what would be read past it', () => {
  const texts = ['a\rb', 'a\r\rb', 'a\r\0', '\ra', 'a\nb', 'a\0b', 'a\x7fb', 'a\u00e9b'];
  for (const text of texts) assert.equal(hasStrayBytes(Buffer.from(text)), true, text);
  for (const text of ['a\r\nb', 'a\r', '\nb', 'a\tb', ' ~']) {
    assert.equal(hasStrayBytes(Buffer.from(text)), false, text);
  }
});

test('any bytes, in any pieces, end in the same reading or in an earlier refusal', () => {
  const token = fc.constantFrom(
    ...['CONNECT', 'GET', ' ', 'a.example', ':', '443', '[', ']', '::1', ' HTTP/1.1', '\r', '\n'],
    ...['\r\n', '\r\n\r\n', 'Host', 'host: a.example', 'Content-Length: 0', '\t', '\0', '@', '/'],
  );
  const text = fc.oneof(
    fc.array(token, { maxLength: 12 }).map((all) => all.join('')),
    fc.string(),
  );
  fc.assert(
    fc.property(text, fc.nat(200), (given, cut) => {
      const bytes = Buffer.from(given, 'latin1');
      const whole = readConnectHead(bytes, 300);
      checkHead(whole);
      const first = readConnectHead(bytes.subarray(0, cut), 300);
      if (first.state === 'more') {
        assert.deepEqual(readConnectHead(bytes, 300, Math.min(cut, bytes.length)), whole);
      }
    }),
    { numRuns: 3_000 },
  );
});

function checkHead(reading: HeadReading): void {
  if (reading.state !== 'head') return;
  const { host, port, requestId } = reading.head;
  assert.match(host, /^[\x21-\x7e]+$/);
  assert.ok(port >= 1 && port <= 65_535);
  if (requestId !== null) assert.match(requestId, /^[\w.-]{1,64}$/);
}
