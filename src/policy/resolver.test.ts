// Name servers as the settings name them: addresses only, in one reading.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResolver } from './resolver.ts';

const rows: readonly (readonly [string, string | null, number])[] = [
  ['192.0.2.53', '192.0.2.53', 53],
  ['192.0.2.53:5353', '192.0.2.53', 5353],
  ['2001:db8::53', '2001:db8::53', 53],
  ['[2001:db8::53]', '2001:db8::53', 53],
  ['[2001:db8::53]:5353', '2001:db8::53', 5353],
  ['dns.example', null, 0],
  ['192.0.2.53:0', null, 0],
  ['192.0.2.53:65536', null, 0],
  ['192.0.2.53:053', null, 0],
  ['[192.0.2.53]:53', null, 0],
  ['fe80::1%eth0', null, 0],
  ['[fe80::1%eth0]:53', null, 0],
  ['192.0.2', null, 0],
  ['https://192.0.2.53', null, 0],
  ['', null, 0],
];
for (const [text, host, port] of rows) {
  test(`the name server ${JSON.stringify(text)} is ${host ?? 'refused'}`, () => {
    assert.deepEqual(parseResolver(text), host === null ? null : { host, port });
  });
}
