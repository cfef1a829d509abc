// What a resolver that lies says of an allowed name. Each address is judged before anything is
// dialled; those that can be are this machine's own in the test's network, with a canary.

import type { Reason } from '../../policy/reasons.ts';

export interface AddressLie {
  readonly address: string;
  readonly reason: Reason;
}

function lies(reason: Reason, addresses: readonly string[]): readonly AddressLie[] {
  return addresses.map((address) => ({ address, reason }));
}

const notPublicV4 = [
  ...['127.0.0.1', '127.255.255.254', '10.0.0.1', '10.255.255.254', '172.16.0.1', '172.31.255.254'],
  ...['192.168.1.1', '100.64.0.1', '100.127.255.254', '169.254.1.1', '192.0.0.1', '192.0.2.1'],
  ...['192.31.196.1', '192.52.193.1', '192.88.99.1', '192.175.48.1', '198.18.0.1'],
  ...['198.19.255.254', '198.51.100.1', '203.0.113.1', '240.0.0.1', '255.255.255.254'],
];

const notPublicV6 = [
  ...['::1', 'fd00::1', 'fc00::1', 'fe80::1', 'fec0::1', '2001:db8::1', '3fff::1', '100::1'],
  ...['2001:2::1', '2001:1ff::1', '2620:4f:8000::1', '3ffe::1', '5f00::1', '4000::1', '1::1'],
];

/** IPv6 that carries an IPv4 address, a public one too: who translates it is not known. */
const embedding = [
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:10.0.0.1', '::ffff:192.0.2.1'],
  ...['::ffff:8.8.8.8', '::127.0.0.1', '::8.8.8.8', '::ffff:0:127.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::7f00:1', '2002:7f00:1::1'],
  ...['2002:808:808::1', '2001:0:4136:e378:8000:63bf:80ff:fffe', '2606:4700::5efe:127.0.0.1'],
  ...['2606:4700::200:5efe:10.0.0.1'],
];

const never = [
  ...['0.0.0.0', '0.1.2.3', '169.254.169.254', '169.254.170.2', '169.254.170.23'],
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', '224.0.0.1', '239.255.255.255'],
  ...['255.255.255.255', '::', 'ff02::1', 'ff0e::1', 'fd00:ec2::254', 'fd00:ec2::23'],
  ...['fd20:ce::254', 'fd00:42::42', 'fe80::a9fe:a9fe'],
  ...['::ffff:169.254.169.254', '::169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1'],
  ...['2606:4700::5efe:169.254.169.254', '2001:0:4136:e378:8000:63bf:5601:5601'],
];

const malformed = [
  ...['fe80::1%lo', '::1%25lo', 'localhost', 'api.example.com', '0x7f.1', '0177.0.0.1', '127.1'],
  ...['2130706433', '127.0.0.1 ', ' 127.0.0.1', '127.0.0.1\0', '127.0.0.1:443', '[::1]', ''],
];

export const addressLies: readonly AddressLie[] = [
  ...lies('address-not-public', [...notPublicV4, ...notPublicV6, ...embedding]),
  ...lies('address-never', never),
  ...lies('address-malformed', malformed),
];

/** What Linux lets a host have as its own. */
export const canaryAddresses: readonly string[] = [
  ...[...notPublicV4, ...notPublicV6, ...never].filter(
    (address) => !/^(?:127|0|22[4-9]|23[0-9]|255)\.|^::|^ff|^169\.254\.169\.254$/.test(address),
  ),
  ...['2606:4700::5efe:127.0.0.1', '2606:4700::200:5efe:10.0.0.1', '2002:7f00:1::1'],
  ...['2002:808:808::1', '2002:a9fe:a9fe::1', '64:ff9b::7f00:1', '64:ff9b::808:808', '8.8.8.8'],
];
