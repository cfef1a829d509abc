// Who is let in behind what stands in front, and whose word about the client is taken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontPolicy } from './ingress-front.ts';

const front = frontPolicy({
  ranges: ['192.0.2.0/24', '198.51.100.8/32', '2001:db8:1::/48'],
  addressHeader: 'cf-connecting-ip',
});

const callers: readonly (readonly [string, boolean])[] = [
  ['192.0.2.0', true],
  ['192.0.2.255', true],
  ['192.0.3.0', false],
  ['::ffff:192.0.2.7', true],
  ['::ffff:203.0.113.7', false],
  ['198.51.100.8', true],
  ['198.51.100.9', false],
  ['2001:db8:1::1', true],
  ['2001:db8:2::1', false],
  ['127.0.0.1', false],
  ['::1', false],
  ['', false],
  ['not an address', false],
];
for (const [address, admitted] of callers) {
  test(`${JSON.stringify(address)} is ${admitted ? 'let in' : 'refused'}`, () => {
    assert.equal(front.admits(address), admitted);
  });
}

test('with no ranges nobody is let in', () => {
  const none = frontPolicy({ ranges: [], addressHeader: 'cf-connecting-ip' });
  for (const [address] of callers) assert.equal(none.admits(address), false);
});

const words: readonly (readonly [string, readonly string[], string])[] = [
  ['one header', ['CF-Connecting-IP', '203.0.113.7'], '203.0.113.7'],
  ['one header of IPv6', ['cf-connecting-ip', '2001:db8::9'], '2001:db8::9'],
  ['none', ['x-forwarded-for', '203.0.113.7'], '192.0.2.1'],
  ['two', ['cf-connecting-ip', '203.0.113.7', 'CF-Connecting-IP', '127.0.0.1'], '192.0.2.1'],
  ['a list', ['cf-connecting-ip', '203.0.113.7, 127.0.0.1'], '192.0.2.1'],
  ['a name', ['cf-connecting-ip', 'localhost'], '192.0.2.1'],
  ['a zone', ['cf-connecting-ip', 'fe80::1%eth0'], '192.0.2.1'],
  ['nothing in it', ['cf-connecting-ip', ''], '192.0.2.1'],
  ['an address as a value of another', ['x', 'cf-connecting-ip', 'y', '203.0.113.7'], '192.0.2.1'],
];
for (const [name, headers, address] of words) {
  test(`the client's address with ${name} is ${address}`, () => {
    assert.equal(front.clientAddress('192.0.2.1', headers), address);
  });
}
