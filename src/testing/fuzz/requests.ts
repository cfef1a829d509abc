// Fuzz target: the reader of request heads. The same bytes in two pieces read the same, and what is
// accepted can be read in one way only.

import assert from 'node:assert/strict';
import { readConnectHead } from '../../roles/egress/request-head.ts';
import type { FuzzTarget } from './run.ts';
import { buffers, requestSeeds } from './texts.ts';

const bytesMax = 2_048;

export const requestTarget: FuzzTarget = {
  name: 'request-head',
  weight: 10,
  seeds: requestSeeds,
  tokens: buffers([
    ...['CONNECT', 'GET', ' ', '\t', ':', '443', '[', ']', '::1', ' HTTP/1.1', '\r', '\n', '\r\n'],
    ...['\r\n\r\n', 'Host: ', 'Content-Length: 0\r\n', '\0', '@', '/', '#', '%00', '\x85', ' \r\n'],
    ...['Transfer-Encoding: chunked\r\n', 'X-Request-Id: ', '\x0b', '\xa0', '65536', '0443', ';'],
  ]),
  check(input, random) {
    const whole = readConnectHead(input, bytesMax);
    const cut = random(input.length + 1);
    const first = readConnectHead(input.subarray(0, cut), bytesMax);
    if (first.state === 'more') {
      assert.deepEqual(readConnectHead(input, bytesMax, cut), whole, `cut at ${cut}`);
    } else if (first.state === 'head') {
      assert.deepEqual(whole, first, `more bytes change what was read at ${cut}`);
    }
    if (whole.state === 'refused') return `refused: ${whole.why}`;
    if (whole.state === 'more') return 'more';
    const { host, port, bytes, requestId } = whole.head;
    assert.match(host, /^[\x21-\x7e]{1,2048}$/);
    assert.ok(port >= 1 && port <= 65_535 && bytes <= bytesMax);
    assert.ok(requestId === null || /^[\w.-]{1,64}$/.test(requestId));
    const text = input.subarray(0, bytes).toString('latin1');
    assert.match(text, /^(?:[\t\x20-\x7e]*\r\n)+\r\n$/, 'a head with other line ends');
    assert.doesNotMatch(text, /\r\n(?:content-length|transfer-encoding)[ \t]*:/i);
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    assert.ok(text.startsWith(`CONNECT ${authority} HTTP/1.1\r\n`), 'another target than written');
    return 'head';
  },
};
