// Sockets that a network namespace does not hold, or that see more than one's own: by number, from
// include/linux/socket.h. The filter of system calls has a list of those that may be made.

import type { KernelAttack } from '../model.ts';

const stream = 1;
const datagram = 2;
const raw = 3;
const seqpacket = 5;

type Row = readonly [name: string, family: number, type: number, protocol?: number];

const families: readonly Row[] = [
  ['reach the machine that runs this one (vsock)', 40, stream],
  ['reach it by datagrams', 40, datagram],
  ['use the cryptography of the kernel (AF_ALG)', 38, seqpacket],
  ['use Bluetooth', 31, seqpacket],
  ['use the bus of a car (CAN)', 29, raw],
  ['use TIPC', 30, stream],
  ['use RDS', 21, seqpacket],
  ['use XDP', 44, raw],
  ['read the keys of IPsec (AF_KEY)', 15, raw],
  ['use InfiniBand', 27, stream],
  ['use NFC', 39, raw],
  ['use SMC', 43, stream],
  ['use the router of a modem (QRTR)', 42, datagram],
  ['use AppleTalk', 5, datagram],
  ['use X.25', 9, seqpacket],
  ['use IPX', 4, datagram],
  ['use AX.25', 3, datagram],
  ['use ATM', 8, datagram],
  ['use NetRom', 6, seqpacket],
  ['use DECnet', 12, stream],
  ['use Rose', 11, seqpacket],
  ['use LLC', 26, stream],
  ['use PPP over something', 24, datagram],
  ['use IUCV', 32, stream],
  ['use RxRPC', 33, datagram],
  ['use ISDN', 34, raw],
  ['use Phonet', 35, datagram],
  ['use IEEE 802.15.4', 36, raw],
  ['use CAIF', 37, seqpacket],
  ['use KCM', 41, datagram],
  ['use MCTP', 45, datagram],
  ['use a family that there is not', 99, stream],
];

const rawSockets: readonly Row[] = [
  ['write ICMP by itself', 2, raw, 1],
  ['write UDP by itself', 2, raw, 17],
  ['write IP by itself', 2, raw, 255],
  ['write ICMPv6 by itself', 10, raw, 58],
  ['write IPv6 by itself', 10, raw, 255],
  ['hear the frames of a network', 17, raw, 0x0300],
  ['hear its packets', 17, datagram, 0x0300],
];

/** netlink(7): protocol, and a group of it that is heard with rights alone. */
const news: readonly (readonly [what: string, protocol: number, group: number])[] = [
  ['the audit of the machine', 9, 1],
  ['the packets that a firewall logs', 12, 1],
  ['the keys that IPsec asks for', 6, 1],
];

/** struct sockaddr_nl. */
function groupAddress(group: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(16, 0);
  bytes.writeUInt32LE(group, 8);
  return bytes;
}

export const hearAttacks: readonly KernelAttack[] = news.map(([what, protocol, group]) => ({
  ...{ tries: `hear ${what}`, errors: ['EPERM', 'EPROTONOSUPPORT', 'EAFNOSUPPORT'] },
  calls: [
    { name: 'socket', args: [16, raw, protocol] },
    { name: 'bind', args: ['fd', groupAddress(group), 12] },
  ],
}));

const rows = (list: readonly Row[], errors: readonly string[]): readonly KernelAttack[] =>
  list.map(([tries, family, type, protocol = 0]) => ({
    ...{ tries, errors },
    calls: [{ name: 'socket', args: [family, type, protocol] }],
  }));

export const familyAttacks = rows(families, ['EAFNOSUPPORT']);
export const rawSocketAttacks = rows(rawSockets, [
  ...['EPERM', 'EACCES', 'EPROTONOSUPPORT', 'ESOCKTNOSUPPORT', 'EAFNOSUPPORT'],
]);
