// Fuzz target: the reader of PROXY protocol headers. What is read once stays what it is with more
// bytes, and a client that is told is an address.

import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { readProxyHeader } from '../../roles/egress/proxy-protocol.ts';
import { connectTo } from '../../verify/attacks/egress/write.ts';
import type { FuzzTarget } from './run.ts';
import { buffers } from './texts.ts';

const signature = '\r\n\r\n\0\r\nQUIT\n';
const four = `${signature}\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x1f\x90\x01\xbb`;
const six = `${signature}\x21\x21\0\x24${'\x20\x01\x0d\xb8'.repeat(8)}\x1f\x90\x01\xbb`;
/** More than any header may be, so that nothing waits for ever. */
const bytesMax = 16 + 2_048;

export const proxyHeaderTarget: FuzzTarget = {
  name: 'proxy-header',
  weight: 5,
  seeds: buffers([
    `PROXY TCP4 192.0.2.7 198.51.100.1 8080 443\r\n${connectTo('a.example:443')}`,
    `PROXY TCP6 2001:db8::7 ::1 8080 443\r\n`,
    ...['PROXY UNKNOWN\r\n', four, six, `${signature}\x20\0\0\0`, `${signature}\x21\x31\0\xd8`],
  ]),
  tokens: buffers([
    ...[
      'PROXY ',
      'TCP4',
      'TCP6',
      'UNKNOWN',
      ' ',
      '\r',
      '\n',
      '\r\n',
      '\x21',
      '\x20',
      '\x11',
      '::1',
    ],
    ...['\0', '\xff\xff', '0', '65536', '192.0.2.7', '%lo', signature],
  ]),
  check(input, random) {
    const whole = readProxyHeader(input);
    const cut = random(input.length + 1);
    const first = readProxyHeader(input.subarray(0, cut));
    if (first.state !== 'more') assert.deepEqual(whole, first, `more bytes change it at ${cut}`);
    if (whole.state === 'more') assert.ok(input.length < bytesMax, 'it waits for ever');
    if (whole.state !== 'header') return whole.state;
    assert.ok(whole.bytes <= input.length);
    assert.ok(whole.client === null || isIP(whole.client) !== 0, String(whole.client));
    return whole.client === null ? 'header without a client' : 'header';
  },
};
