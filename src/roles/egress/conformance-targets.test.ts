// What anyone may expect of an egress proxy's reading of a target, and of its judging of addresses:
// each row is named after what it stops, or after whom it must not stop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideAddress, egressPolicy } from '../../policy/egress.ts';
import { canonicalHost } from '../../policy/host.ts';
import type { Reason } from '../../policy/reasons.ts';
import { readConnectHead } from './request-head.ts';

/** The host and port as they are judged, or why there are none. */
function readTarget(target: string): string {
  const bytes = Buffer.from(`CONNECT ${target} HTTP/1.1\r\n\r\n`, 'utf8');
  const reading = readConnectHead(bytes, 4_096);
  if (reading.state !== 'head') return 'request-malformed';
  const host = canonicalHost(reading.head.host);
  return host === null ? 'host-malformed' : `${host.text} ${reading.head.port}`;
}

const targets: readonly (readonly [stops: string, target: string, read: string])[] = [
  ['nobody with a name', 'api.example.com:443', 'api.example.com 443'],
  ['nobody with capitals', 'API.Example.com:443', 'api.example.com 443'],
  ['nobody with one label', 'intranet:8080', 'intranet 8080'],
  ['nobody with digits in a name', '1password.com:443', '1password.com 443'],
  ['nobody with hyphens', 'a--b.example:443', 'a--b.example 443'],
  ['nobody with an international name', 'xn--bcher-kva.example:443', 'xn--bcher-kva.example 443'],
  ['nobody with IPv4', '192.0.2.1:443', '192.0.2.1 443'],
  ['nobody with IPv6', '[2001:db8::1]:443', '2001:db8::1 443'],
  ['nobody with a low port', 'api.example.com:1', 'api.example.com 1'],
  ['nobody with the highest port', 'api.example.com:65535', 'api.example.com 65535'],
  ['nobody with a label of 63', `${'a'.repeat(63)}.example:443`, `${'a'.repeat(63)}.example 443`],
  ['a port left out', 'api.example.com', 'request-malformed'],
  ['a port left empty', 'api.example.com:', 'request-malformed'],
  ['port 0', 'api.example.com:0', 'request-malformed'],
  ['port 91337', 'api.example.com:91337', 'request-malformed'],
  ['port -12', 'api.example.com:-12', 'request-malformed'],
  ['port https', 'api.example.com:https', 'request-malformed'],
  ['port 007', 'api.example.com:007', 'request-malformed'],
  ['a lone colon', ':', 'request-malformed'],
  ['two colons', '::', 'request-malformed'],
  ['a port without a host', ':443', 'request-malformed'],
  ['brackets around a name', '[api.example.com]:443', 'request-malformed'],
  ['brackets around IPv4', '[192.0.2.1]:443', 'request-malformed'],
  ['nested brackets', '[[2001:db8::1]]:443', 'request-malformed'],
  ['brackets that are left open', '[2001:db8::1:443', 'request-malformed'],
  ['IPv6 without brackets', '2001:db8::1:443', 'request-malformed'],
  ['an emoji', '\u{1f600}.example:443', 'request-malformed'],
  ['an umlaut', 'b\u00fccher.example:443', 'request-malformed'],
  ['no underscore', 'a_b.example:443', 'a_b.example 443'],
  ['a name with the root dot', 'api.example.com.:443', 'host-malformed'],
  ['a label of 64', `${'a'.repeat(64)}.example:443`, 'host-malformed'],
  ['a number for an address', '2130706433:443', 'host-malformed'],
  ['a zone', '[fe80::1%eth0]:443', 'host-malformed'],
  ['a second spelling of IPv6', '[2001:db8:0::1]:443', 'host-malformed'],
];

for (const [stops, target, read] of targets) {
  test(`the reader stops ${stops}: ${target}`, () => assert.equal(readTarget(target), read));
}

const allow = ['10.1.0.0/16', '10.2.0.1:8443', '100.64.0.0/10', '[fd00::/8]:443', '192.0.2.0/24'];
const deny = ['8.8.8.0/24', '10.1.2.3', '1.1.1.1:8443', '2606:4700::/32'];
const policy = egressPolicy([], allow, [], { denyAddresses: deny });

type AddressRow = readonly [stops: string, address: string, port: number, reason: Reason];
const addresses: readonly AddressRow[] = [
  ['nothing public', '9.9.9.9', 443, 'allowed'],
  ['nothing before a shared range', '100.63.255.255', 443, 'allowed'],
  ['nothing behind a shared range', '100.128.0.0', 443, 'allowed'],
  ['nothing beside a private range', '172.32.0.0', 443, 'allowed'],
  ['nothing that was opened', '10.1.0.0', 443, 'allowed'],
  ['nothing at the end of what was opened', '10.1.255.255', 443, 'allowed'],
  ['what lies before it', '10.0.255.255', 443, 'address-not-public'],
  ['what lies behind it', '10.2.0.0', 443, 'address-not-public'],
  ['nothing opened on its port', '10.2.0.1', 8_443, 'allowed'],
  ['it on another port', '10.2.0.1', 443, 'address-not-public'],
  ['nothing in IPv6 that was opened', 'fd12::1', 443, 'allowed'],
  ['it on another port', 'fd12::1', 80, 'address-not-public'],
  ['nothing shared that was opened', '100.64.0.1', 443, 'allowed'],
  ['metadata inside what was opened', '100.100.100.200', 443, 'address-never'],
  ['metadata in IPv6 inside what was opened', 'fd00:ec2::254', 443, 'address-never'],
  ['one address that is denied inside', '10.1.2.3', 443, 'address-denied'],
  ['a public range that is denied', '8.8.8.8', 443, 'address-denied'],
  ['nothing beside that range', '8.8.9.0', 443, 'allowed'],
  ['a public address denied on a port', '1.1.1.1', 8_443, 'address-denied'],
  ['nothing there on another', '1.1.1.1', 443, 'allowed'],
  ['a denied range of IPv6', '2606:4700::1111', 443, 'address-denied'],
  ['an opened address dressed as IPv6', '::ffff:10.1.0.1', 443, 'address-not-public'],
  ['a denied address dressed as IPv6', '::ffff:8.8.8.8', 443, 'address-denied'],
  ['NAT64 of a public address', '64:ff9b::909:909', 443, 'address-not-public'],
  ['nothing beside NAT64 that is unicast', '2000::1', 443, 'allowed'],
  ['6to4', '2002:909:909::1', 443, 'address-not-public'],
  ['Teredo', '2001::1', 443, 'address-not-public'],
  ['the limited broadcast', '255.255.255.255', 443, 'address-never'],
  ['a group', 'ff02::2', 443, 'address-never'],
  ['loopback', '127.0.0.1', 443, 'address-not-public'],
  ['loopback in IPv6', '::1', 443, 'address-not-public'],
];

for (const [stops, address, port, reason] of addresses) {
  test(`judging stops ${stops}: ${address} on ${port}`, () => {
    assert.equal(decideAddress(policy, address, port).reason, reason);
  });
}

test('judging stops itself, on its own port alone', () => {
  const bytes = [192, 0, 2, 7];
  const own = [{ block: { bytes, prefixBits: 32 }, port: 4_750 }];
  const itself = egressPolicy([], allow, own);
  assert.equal(decideAddress(itself, '192.0.2.7', 4_750).reason, 'address-own');
  assert.equal(decideAddress(itself, '192.0.2.7', 443).reason, 'allowed');
  assert.equal(decideAddress(itself, '::ffff:192.0.2.7', 4_750).reason, 'address-own');
});
