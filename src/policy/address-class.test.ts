// The address table, from both sides of every border, and every way to dress an IPv4 address as
// IPv6.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalAddress, classifyAddress, parseBlock } from './address-class.ts';
import { type AddressClass, addressRanges } from './address-ranges.ts';

/** Before the range, its first and last address, after it; with the class of each, spelled out. */
const borders: readonly (readonly [AddressClass, readonly string[]])[] = [
  ['unspecified', ['0.0.0.0', '0.1.2.3', '0.255.255.255', '::']],
  ['public', ['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0']],
  ['private', ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255']],
  ['public', ['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0']],
  ['private', ['192.168.0.0', '192.168.255.255', 'fc00::', 'fdff:ffff::1']],
  ['shared', ['100.64.0.0', '100.127.255.255', '100.100.100.199', '100.100.100.201']],
  ['metadata', ['100.100.100.200', '169.254.169.254', '169.254.170.2', '169.254.170.23']],
  ['metadata', ['168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254']],
  ['metadata', ['fd00:ec2::23', 'fd00:42::42', 'fe80::a9fe:a9fe']],
  ['public', ['168.63.129.15', '168.63.129.17', '126.255.255.255', '128.0.0.0']],
  ['loopback', ['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1']],
  ['link-local', ['169.254.0.0', '169.254.169.253', '169.254.255.255', 'fe80::', 'febf:ffff::']],
  ['public', ['169.253.255.255', '169.255.0.0', '191.255.255.255', '192.0.1.0', '192.0.3.0']],
  ['special', ['192.0.0.0', '192.0.0.191', '192.0.0.193', '192.0.0.255', '192.88.99.1']],
  ['special', ['192.31.196.1', '192.52.193.1', '192.175.48.1']],
  ['documentation', ['192.0.2.0', '192.0.2.255', '198.51.100.0', '198.51.100.255']],
  ['documentation', ['203.0.113.0', '203.0.113.255', '2001:db8::', '2001:db8:ffff::', '3fff::1']],
  ['public', ['198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0', '8.8.8.8']],
  ['public', ['198.17.255.255', '198.20.0.0', '223.255.255.255', '192.88.98.255']],
  ['benchmarking', ['198.18.0.0', '198.19.255.255', '2001:2::', '2001:2:0:ffff::']],
  ['multicast', ['224.0.0.0', '239.255.255.255', 'ff00::', 'ff02::2', 'ffff::']],
  ['reserved', ['240.0.0.0', '255.255.255.254', '::1:0:0:0:0', '1fff:ffff::', '4000::', 'fec0::']],
  ['reserved', ['feff:ffff::', '3ffe::1', '64:ff9c::1', '64:ff9b:2::', 'fbff::', 'fe00::']],
  ['broadcast', ['255.255.255.255']],
  [
    'public',
    ['2000::', '2001:200::', '2001:db7::1', '2001:db9::', '2003::', '3ffd::', '2606:4700::1'],
  ],
  ['special', ['2001:1::', '2001:1ff::', '2001:10::', '2001:20::', '100::', '100::ffff', '5f00::']],
  ['special', ['2620:4f:8000::', '100:0:0:1::']],
  ['reserved', ['100:0:0:2::', 'ff::', '5f01::']],
];

for (const [name, addresses] of borders) {
  for (const address of addresses) {
    test(`${address} is ${name}`, () => assert.equal(classifyAddress(address)?.class, name));
  }
}

const embedded: readonly (readonly [string, string, AddressClass])[] = [
  ['::ffff:127.0.0.1', '127.0.0.1', 'loopback'],
  ['::ffff:8.8.8.8', '8.8.8.8', 'public'],
  ['::ffff:a9fe:a9fe', '169.254.169.254', 'metadata'],
  ['::7f00:1', '127.0.0.1', 'loopback'],
  ['::ffff:0:7f00:1', '127.0.0.1', 'loopback'],
  ['64:ff9b::10.0.0.1', '10.0.0.1', 'private'],
  ['64:ff9b::8.8.8.8', '8.8.8.8', 'public'],
  ['64:ff9b::a9fe:a9fe', '169.254.169.254', 'metadata'],
  ['64:ff9b:1::a00:1', '10.0.0.1', 'private'],
  ['64:ff9b:1:ffff:ffff:ffff:a00:1', '10.0.0.1', 'private'],
  ['2002:7f00:1::', '127.0.0.1', 'loopback'],
  ['2002:a9fe:a9fe::1', '169.254.169.254', 'metadata'],
  ['2001:0:4136:e378:8000:63bf:80ff:fffe', '127.0.0.1', 'loopback'],
  ['2001:0:4136:e378:8000:63bf:5601:5601', '169.254.169.254', 'metadata'],
  ['2606:4700::5efe:10.0.0.1', '10.0.0.1', 'private'],
  ['2606:4700::200:5efe:a9fe:a9fe', '169.254.169.254', 'metadata'],
  ['fe80::5efe:127.0.0.1', '127.0.0.1', 'loopback'],
];

for (const [address, inner, name] of embedded) {
  test(`${address} is seen to embed ${inner}`, () => {
    const found = classifyAddress(address);
    assert.equal(found?.class, 'embeds-ipv4');
    assert.deepEqual([found.embedded?.address, found.embedded?.class], [inner, name]);
  });
}

const noAddress = [
  '',
  'localhost',
  '127.1',
  '0x7f.0.0.1',
  '010.0.0.1',
  '1.2.3.4/32',
  '[::1]',
  ':::',
];
for (const text of [
  ...noAddress,
  'fe80::1%lo',
  '::1%0',
  '1.2.3.4 ',
  ' ::1',
  '::1\n',
  '1.2.3.4:80',
]) {
  test(`${JSON.stringify(text)} is not an address`, () =>
    assert.equal(classifyAddress(text), null));
}

test('no two rows are the same range and every row is a well-formed block', () => {
  const ranges = addressRanges.map((range) => range.cidr);
  assert.equal(new Set(ranges).size, ranges.length);
  for (const cidr of ranges) assert.ok(parseBlock(cidr), cidr);
});

for (const text of [
  '10.0.0.1/8',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/08',
  '10.0.0.0/',
  '/8',
  'fd00::1/8',
]) {
  test(`${text} is not a block`, () => assert.equal(parseBlock(text), null));
}

test('any text is a class or no address, and its canonical form classifies the same', () => {
  const anyText = fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string());
  fc.assert(
    fc.property(anyText, (text) => {
      const found = classifyAddress(text);
      assert.equal(found === null, canonicalAddress(text) === null);
      if (found !== null) assert.deepEqual(classifyAddress(found.address), found);
    }),
    { numRuns: 2_000 },
  );
});

test('no IPv6 form of any IPv4 address is public', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, octet, octet, (a, b, c, d) => {
      const dotted = `${a}.${b}.${c}.${d}`;
      const hex = [a * 256 + b, c * 256 + d].map((part) => part.toString(16)).join(':');
      const prefixes = ['::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::', '2606:4700::5efe:'];
      const forms = prefixes.map((prefix) => prefix + dotted);
      for (const form of [...forms, `2002:${hex}::1`, `2001:0:1:2:3:4:${hex}`]) {
        assert.notEqual(classifyAddress(form)?.class, 'public', form);
      }
    }),
  );
});
