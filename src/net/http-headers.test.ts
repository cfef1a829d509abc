// What goes on to the next hop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endToEnd, headerValues } from './http-headers.ts';

test('hop-by-hop headers and those that Connection names stay behind', () => {
  const raw = [
    ...['Connection', 'close, X-Secret'],
    ...['Keep-Alive', 'timeout=5'],
    ...['TE', 'trailers'],
    ...['Transfer-Encoding', 'chunked'],
    ...['Upgrade', 'h2c'],
    ...['HTTP2-Settings', 'AA'],
    ...['Proxy-Authorization', 'x'],
    ...['Expect', '100-continue'],
    ...['x-secret', 'named by Connection'],
    ...['Accept', '*/*'],
  ];
  assert.deepEqual(endToEnd(raw), ['Accept', '*/*']);
});

test('Connection cannot take away the framing or the host', () => {
  const raw = ['Connection', 'content-length, HOST', 'Content-Length', '3', 'Host', 'x'];
  assert.deepEqual(endToEnd(raw), ['Content-Length', '3', 'Host', 'x']);
});

test('duplicates keep their order and number', () => {
  const raw = ['Set-Cookie', 'a', 'X', 'y', 'set-cookie', 'b'];
  assert.deepEqual(endToEnd(raw), raw);
  assert.deepEqual(headerValues(raw, 'set-cookie'), ['a', 'b']);
});
