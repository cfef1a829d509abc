// The PROXY protocol header, byte by byte: what it says is read, what is nearly one is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readProxyHeader } from './proxy-protocol.ts';

const signature = '\r\n\r\n\0\r\nQUIT\n';

function version2(command: number, family: number, body: Buffer, length = body.length): Buffer {
  const head = Buffer.from([...Buffer.from(signature, 'latin1'), command, family, 0, 0]);
  head.writeUInt16BE(length, 14);
  return Buffer.concat([head, body]);
}

const ports = Buffer.from([0x1f, 0x90, 0x01, 0xbb]);
const four = Buffer.concat([Buffer.from([192, 0, 2, 7, 198, 51, 100, 1]), ports]);
const six = Buffer.concat([
  Buffer.from('20010db8000000000000000000000007', 'hex'),
  Buffer.alloc(16),
  ports,
]);

const sound: readonly (readonly [string, Buffer | string, string | null])[] = [
  ['version 1, IPv4', 'PROXY TCP4 192.0.2.7 198.51.100.1 8080 443\r\n', '192.0.2.7'],
  ['version 1, IPv6', 'PROXY TCP6 2001:db8::7 ::1 8080 443\r\n', '2001:db8::7'],
  ['version 1, unknown', 'PROXY UNKNOWN\r\n', null],
  ['version 1, unknown with words', 'PROXY UNKNOWN whatever it says\r\n', null],
  ['version 2, IPv4', version2(0x21, 0x11, four), '192.0.2.7'],
  [
    'version 2, with extensions',
    version2(0x21, 0x11, Buffer.concat([four, Buffer.alloc(20)])),
    '192.0.2.7',
  ],
  ['version 2, IPv6', version2(0x21, 0x21, six), '2001:db8:0:0:0:0:0:7'],
  ['version 2, a health check', version2(0x20, 0x00, Buffer.alloc(0)), null],
  ['version 2, a Unix socket', version2(0x21, 0x31, Buffer.alloc(216)), null],
];

for (const [name, text, client] of sound) {
  const bytes = Buffer.from(text as string, 'latin1');
  test(`${name} is read, also in two pieces and with a request behind it`, () => {
    const whole = { state: 'header', client, bytes: bytes.length };
    assert.deepEqual(readProxyHeader(Buffer.concat([bytes, Buffer.from('CONNECT ')])), whole);
    for (let cut = 0; cut < bytes.length; cut += 1) {
      assert.deepEqual(readProxyHeader(bytes.subarray(0, cut)), { state: 'more' }, `${cut}`);
    }
  });
}

const bad: readonly (readonly [string, Buffer | string])[] = [
  ['a request without one', 'CONNECT a.example:443 HTTP/1.1\r\n\r\n'],
  ['lower case', 'proxy TCP4 192.0.2.7 198.51.100.1 8080 443\r\n'],
  ['a family that does not fit', 'PROXY TCP4 2001:db8::7 ::1 8080 443\r\n'],
  ['a name for an address', 'PROXY TCP4 localhost 198.51.100.1 8080 443\r\n'],
  ['two spaces', 'PROXY TCP4  192.0.2.7 198.51.100.1 8080 443\r\n'],
  ['a port too large', 'PROXY TCP4 192.0.2.7 198.51.100.1 8080 65536\r\n'],
  ['a port with a leading zero', 'PROXY TCP4 192.0.2.7 198.51.100.1 08080 443\r\n'],
  ['a line without an end', `PROXY TCP4 ${'1'.repeat(120)}`],
  ['version 3', version2(0x31, 0x11, four)],
  ['an unknown command', version2(0x22, 0x11, four)],
  ['too short for its family', version2(0x21, 0x11, four.subarray(0, 11))],
  ['IPv6 too short', version2(0x21, 0x21, four)],
  ['an unknown family', version2(0x21, 0x41, six)],
  ['more extensions than anybody sends', version2(0x21, 0x11, four, 60_000)],
];

for (const [name, text] of bad) {
  test(`${name} is no header`, () => {
    assert.deepEqual(readProxyHeader(Buffer.from(text as string, 'latin1')), {
      state: 'malformed',
    });
  });
}

test('any bytes give one of the three answers', () => {
  const start = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', signature, `${signature}!`);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 80 }), (text, rest) => {
      const reading = readProxyHeader(Buffer.concat([Buffer.from(text, 'latin1'), rest]));
      assert.ok(['more', 'malformed', 'header'].includes(reading.state));
    }),
    { numRuns: 500 },
  );
});
