// Reading the server name: real hellos, split ones, and the forgeries that two readers would read
// differently.

import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { clientHello, extension, helloMessage, records } from '../testing/client-hello.ts';
import { decideServerName, helloBytesMax, readClientHello } from './egress-client-hello.ts';
import { canonicalHost } from './host.ts';
import { hostPatterns } from './host-pattern.ts';
import { reasons } from './reasons.ts';

const name = 'api.example.com';
const hello = clientHello();

test('a hello of Node itself is read', async () => {
  const bytes = await new Promise<Buffer>((resolve) => {
    const wire = new Duplex({ read() {}, write: (chunk: Buffer) => resolve(chunk) });
    connect({ socket: wire, servername: name }).on('error', () => {});
  });
  assert.deepEqual(readClientHello(bytes), {
    ...{ state: 'hello', serverName: name, isHiding: false, bytes: bytes.length },
  });
});

test('a hello is read whatever records and segments it comes in', () => {
  const message = helloMessage();
  for (const bytesMax of [10, 16, 50, 100]) {
    const bytes = records(message, bytesMax);
    assert.deepEqual(readClientHello(bytes), {
      ...{ state: 'hello', serverName: name, isHiding: false, bytes: bytes.length },
    });
  }
  for (let cut = 0; cut < hello.length; cut += 1) {
    assert.deepEqual(readClientHello(hello.subarray(0, cut)), { state: 'more' }, `cut at ${cut}`);
  }
});

test('what follows the hello in records of its own is not read', () => {
  const early = records(Buffer.from('early data'), 100, 23);
  const read = readClientHello(Buffer.concat([hello, early]));
  assert.equal(read.state === 'hello' && read.bytes, hello.length);
});

test('a hello without a server name is read as such', () => {
  const bytes = clientHello({ names: null });
  const none = { state: 'hello', serverName: null, isHiding: false, bytes: bytes.length };
  assert.deepEqual(readClientHello(bytes), none);
});

const tooLong = Buffer.concat([Buffer.from([1, 1, 0, 0]), Buffer.alloc(65_536)]);
const forged: readonly (readonly [string, Buffer])[] = [
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a second CONNECT', Buffer.from('CONNECT evil.example:443 HTTP/1.1\r\n\r\n')],
  ['SSH', Buffer.from('SSH-2.0-OpenSSH\r\n')],
  ['an SSL 2 hello', Buffer.from([0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10])],
  ['an alert', records(Buffer.from([2, 49]), 10, 21)],
  ['application data', records(helloMessage(), 1_000, 23)],
  ['another handshake message', records(Buffer.from([2, 0, 0, 1, 0]))],
  ["a server's hello in the form of a client's", records(asServer(helloMessage()))],
  ['a record of no bytes', Buffer.concat([Buffer.from([22, 3, 1, 0, 0]), hello])],
  ['a record too long', Buffer.from([22, 3, 1, 0x40, 1])],
  ['a record of another version', records(helloMessage(), 1_000, 22, 0x0201)],
  ['SSL 3', clientHello({ version: 0x0300 })],
  ['a version beyond 1.2 in the legacy field', clientHello({ version: 0x0304 })],
  ['two names', clientHello({ names: [name, 'evil.example'] })],
  ['a list of no names', clientHello({ names: [] })],
  ['an empty name', clientHello({ names: [''] })],
  ['a name of another type', clientHello({ nameType: 1 })],
  ['a name of 256 bytes', clientHello({ names: ['a'.repeat(256)] })],
  ['two server_name extensions', clientHello({ more: [extension(0, nameList('evil.example'))] })],
  ['bytes after the name list', clientHello({ names: null, more: [extension(0, trailed())] })],
  ['any extension twice', clientHello({ more: [twice(), twice()] })],
  ['an extension longer than the rest', clientHello({ more: [Buffer.from([0, 5, 0, 9, 1])] })],
  ['half an extension', clientHello({ more: [Buffer.from([0, 5, 0])] })],
  ['bytes after the extensions', clientHello({ trailing: Buffer.from([0]) })],
  ['a message after the hello', records(Buffer.concat([helloMessage(), helloMessage()]))],
  ['a session id of 33', clientHello({ session: 33 })],
  ['no ciphers', clientHello({ ciphers: Buffer.alloc(0) })],
  ['half a cipher', clientHello({ ciphers: Buffer.alloc(3) })],
  ['no compressions', clientHello({ compressions: Buffer.alloc(0) })],
  ['a length beyond the limit', records(tooLong)],
  ['one byte a record', records(helloMessage(), 1)],
];

function asServer(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([2]), message.subarray(1)]);
}

test('a length beyond the limit is refused before what it announces has come', () => {
  const begun = records(tooLong.subarray(0, 8));
  assert.deepEqual(readClientHello(begun), { state: 'refused', reason: 'not-tls' });
});

for (const [what, bytes] of forged) {
  test(`${what} is not a plain hello`, () => {
    assert.deepEqual(readClientHello(bytes), { state: 'refused', reason: 'not-tls' });
  });
}

for (const type of [0xfe0d, 0xfe0a, 0xfe08, 0xffce]) {
  test(`a hello that hides a name in extension ${type} is refused, for it need not be the one outside`, () => {
    const hidden = clientHello({ more: [extension(type, Buffer.alloc(8))] });
    assert.deepEqual(readClientHello(hidden), { state: 'refused', reason: 'sni-hidden' });
  });
}

const asked: readonly (readonly [string, string | null, string])[] = [
  [name, name, 'allowed'],
  [name, 'API.example.COM', 'allowed'],
  [name, null, 'sni-missing'],
  [name, 'evil.example', 'sni-mismatch'],
  [name, 'api.example.com.', 'sni-mismatch'],
  [name, 'api.example.com\0', 'sni-mismatch'],
  [name, '*.example.com', 'sni-mismatch'],
  [name, 'www.api.example.com', 'sni-mismatch'],
  ['10.0.0.5', null, 'allowed'],
  ['10.0.0.5', '10.0.0.5', 'sni-mismatch'],
  ['10.0.0.5', name, 'sni-mismatch'],
];
for (const [host, serverName, reason] of asked) {
  test(`the name ${JSON.stringify(serverName)} in a tunnel to ${host} is ${reason}`, () => {
    const canonical = canonicalHost(host);
    assert.ok(canonical);
    assert.equal(decideServerName(serverName, canonical), reason);
  });
}

test('an encrypted hello passes where the rule says so, by the name outside it', () => {
  const hidden = clientHello({ more: [extension(0xfe0d, Buffer.alloc(8))] });
  assert.deepEqual(readClientHello(hidden, { ech: 'allow' }), {
    ...{ state: 'hello', serverName: name, isHiding: true, bytes: hidden.length },
  });
  assert.equal(readClientHello(hidden, { ech: 'refuse' }).state, 'refused');
  assert.equal(readClientHello(hidden, {}).state, 'refused');
});

const accepted: readonly (readonly [string, string | null, string])[] = [
  [name, 'front.example.net', 'allowed'],
  [name, 'a.edge.example.net', 'allowed'],
  [name, 'b.a.edge.example.net', 'sni-mismatch'],
  [name, 'other.example.net', 'sni-mismatch'],
  [name, name, 'allowed'],
  [name, null, 'sni-missing'],
  ['10.0.0.5', 'front.example.net', 'allowed'],
  ['10.0.0.5', '10.0.0.5', 'sni-mismatch'],
];
for (const [host, serverName, reason] of accepted) {
  test(`with two other names accepted, ${serverName} in a tunnel to ${host} is ${reason}`, () => {
    const canonical = canonicalHost(host);
    assert.ok(canonical);
    const rule = { serverNames: ['front.example.net', '*.edge.example.net'] };
    assert.equal(decideServerName(serverName, canonical, rule), reason);
  });
}

test('a name that is accepted in place of the host is refused where it is denied', () => {
  const host = canonicalHost(name);
  assert.ok(host);
  const rule = { serverNames: ['*.example.net'] };
  const denied = hostPatterns(['bad.example.net']);
  assert.equal(decideServerName('bad.example.net', host, rule, denied), 'host-denied');
  assert.equal(decideServerName('good.example.net', host, rule, denied), 'allowed');
});

test('any bytes are more, a hello, or a declared refusal, and never read beyond the limit', () => {
  const flipped = fc
    .tuple(fc.nat(hello.length - 1), fc.integer({ min: 0, max: 255 }))
    .map(([at, byte]) => {
      const bytes = Buffer.from(hello);
      bytes[at] = byte;
      return bytes;
    });
  const random = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
  const dressed = random.map((bytes) => records(Buffer.concat([Buffer.from([1]), bytes]), 64));
  fc.assert(
    fc.property(fc.oneof(flipped, random, dressed), (bytes) => {
      const reading = readClientHello(bytes);
      if (reading.state === 'refused') assert.ok(reading.reason in reasons);
      if (reading.state === 'more') assert.ok(bytes.length <= helloBytesMax);
    }),
    { numRuns: 2_000 },
  );
});

test('a hello that never ends stops being waited for', () => {
  const endless = records(
    Buffer.concat([Buffer.from([1, 0, 0x3f, 0]), Buffer.alloc(16_000)]),
    2_000,
  );
  const claimed = Buffer.concat([
    Buffer.from([22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xf0]),
    Buffer.alloc(9),
  ]);
  assert.equal(readClientHello(claimed).state, 'more');
  assert.equal(
    readClientHello(Buffer.concat([endless, records(Buffer.alloc(800), 100)])).state,
    'refused',
  );
});

function nameList(text: string): Buffer {
  const entry = Buffer.concat([Buffer.from([0, 0, text.length]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([0, entry.length]), entry]);
}

function trailed(): Buffer {
  return Buffer.concat([nameList(name), Buffer.from([0])]);
}

function twice(): Buffer {
  return extension(0x0a0a, Buffer.alloc(2));
}
