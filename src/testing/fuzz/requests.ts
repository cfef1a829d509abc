// Fuzz targets: the readers of request heads. The same bytes in two pieces read the same, and what
// is accepted can be read in one way only, so that none is smuggled.

import assert from 'node:assert/strict';
import { readForwardHead } from '../../roles/egress/forward-head.ts';
import { readConnectHead } from '../../roles/egress/request-head.ts';
import { methodAttacks } from '../../verify/attacks/egress/methods.ts';
import { forwardAttacks } from '../egress-attacks/forwarded.ts';
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

const url = 'http://api.example.com/v1/models?limit=2';

export const forwardTarget: FuzzTarget = {
  name: 'forward-head',
  weight: 10,
  seeds: [
    ...Array<Buffer>(30).fill(buffer(`GET ${url} HTTP/1.1`, 'Host: api.example.com', 'Accept: a')),
    ...Array<Buffer>(30).fill(
      buffer(`POST ${url} HTTP/1.1`, 'Host: api.example.com', 'Content-Length: 12', 'X: y'),
    ),
    ...buffers([...forwardAttacks, ...methodAttacks].map(({ bytes }) => bytes)),
  ],
  tokens: [
    ...requestTarget.tokens,
    ...buffers([
      'http://',
      'Connection: close\r\n',
      'Connection: ',
      'close',
      'Host: api.example.com',
    ]),
    ...buffers(['Proxy-Authorization: x\r\n', '?', '..', 'chunked', 'Upgrade: h2c\r\n', ', ']),
  ],
  check(input) {
    const reading = readForwardHead(input);
    if (reading.state === 'refused') return `refused: ${reading.why}`;
    const { host, port, forward } = reading.head;
    assert.ok(port >= 1 && port <= 65_535 && host.length > 0);
    assert.ok(Number.isSafeInteger(forward.bodyBytes) && forward.bodyBytes >= 0);
    const [start = '', ...lines] = forward.text.split('\r\n');
    assert.match(start, /^[A-Z]+ \/[!-~]* HTTP\/1\.1$/, 'not in origin form');
    assert.deepEqual(lines.splice(-2), ['', ''], 'the head has no end, or two');
    const named = (name: string) =>
      lines
        .filter((line) => line.toLowerCase().startsWith(`${name}:`))
        .map((line) => line.slice(name.length + 1).trim());
    const authority = host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase();
    assert.ok([authority, `${authority}:${port}`].includes(named('host').join()), 'another host');
    assert.deepEqual(named('connection'), ['close']);
    assert.ok(named('content-length').length <= 1);
    assert.equal(Number(named('content-length')[0] ?? 0), forward.bodyBytes);
    for (const gone of ['transfer-encoding', 'proxy-authorization', 'upgrade', 'expect']) {
      assert.deepEqual(named(gone), [], `${gone} is passed on`);
    }
    assert.match(forward.text, /^[\t\r\n\x20-\x7e]*$/);
    return 'head';
  },
};

function buffer(...lines: string[]): Buffer {
  return Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');
}
