// How often a client may ask: what one is, and that it gets its share back bit by bit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientRates, clientOf } from './ingress-rate.ts';

const rule = { requests: 10, perMs: 1_000 };

function admitted(rates: ClientRates, address: string, nowMs: number, times: number): number {
  return Array.from({ length: times }, () => rates.take(address, nowMs)).filter(Boolean).length;
}

test('a client may ask as often as the rule says at once, and its share comes back with time', () => {
  const rates = new ClientRates(rule);
  assert.equal(admitted(rates, '192.0.2.1', 0, 30), 10);
  assert.equal(admitted(rates, '192.0.2.1', 300, 30), 3);
  assert.equal(admitted(rates, '192.0.2.1', 60_000, 30), 10, 'and never more than that');
});

test('one that is over its share does not push it further off by asking on', () => {
  const rates = new ClientRates(rule);
  admitted(rates, '192.0.2.1', 0, 10);
  for (let nowMs = 1; nowMs < 100; nowMs += 1) rates.take('192.0.2.1', nowMs);
  assert.equal(rates.take('192.0.2.1', 101), true);
});

test('another client has a share of its own', () => {
  const rates = new ClientRates(rule);
  admitted(rates, '192.0.2.1', 0, 30);
  assert.equal(rates.take('192.0.2.2', 0), true);
});

const names: readonly (readonly [what: string, address: string, client: string])[] = [
  ['IPv4', '192.0.2.1', '192.0.2.1'],
  ['IPv4 in IPv6', '::ffff:192.0.2.1', '192.0.2.1'],
  ['IPv6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['its neighbour', '2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
  ['the next network', '2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['no address', 'unknown', 'unknown'],
];
for (const [what, address, client] of names) {
  test(`${what} is the client ${client}`, () => assert.equal(clientOf(address), client));
}

test('a crowd does not fill the memory: the client that was longest away is forgotten', () => {
  const rates = new ClientRates({ requests: 1, perMs: 1e9 });
  const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  for (let index = 0; index <= 10_000; index += 1) rates.take(address(index), 0);
  assert.equal(rates.take(address(1), 0), false, 'still known');
  assert.equal(rates.take(address(0), 0), true, 'forgotten');
});
