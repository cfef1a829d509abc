// What a service is made to ask of the kernel, as tiny programs: a namespace of its own, an ICMP
// echo, a raw socket. Each exits with 0 when it was given, else with the errno.

import { isIPv6 } from 'node:net';
import { type Call, tinyProgram } from '../kit/tiny-program.ts';

export interface Attempt {
  readonly name: string;
  readonly elfBase64: string;
}

const AF_INET = 2;
const AF_INET6 = 10;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const CLONE_NEWUSER = 0x10000000;

export const userNamespaceAttempt = 'user-namespace';
export const rawSocketAttempt = 'raw-socket';
export const packetSocketAttempt = 'packet-socket';

export function icmpAttempt(address: string): string {
  return `icmp ${address}`;
}

/** Empty on a machine that tinyProgram has no instructions for: the rows are then unknown. */
export function buildAttempts(machine: string, icmpTargets: readonly string[]): Attempt[] {
  const wanted: [string, readonly Call[]][] = [
    [userNamespaceAttempt, [{ name: 'unshare', args: [CLONE_NEWUSER] }]],
    [rawSocketAttempt, [{ name: 'socket', args: [AF_INET, SOCK_RAW, IPPROTO_ICMP] }]],
    [packetSocketAttempt, [{ name: 'socket', args: [AF_PACKET, SOCK_RAW, 0] }]],
    ...icmpTargets.map((address): [string, readonly Call[]] => [
      icmpAttempt(address),
      echo(address),
    ]),
  ];
  return wanted.flatMap(([name, calls]) => {
    const elf = tinyProgram(machine, calls);
    return elf === null ? [] : [{ name, elfBase64: elf.toString('base64') }];
  });
}

/**
 * An echo request over a datagram ICMP socket (icmp(7), ping_group_range), and half a second for
 * the reply.
 */
function echo(address: string): Call[] {
  const v6 = isIPv6(address);
  const halfSecond = Buffer.alloc(16);
  halfSecond.writeUInt32LE(500_000, 8);
  return [
    {
      name: 'socket',
      args: [v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP],
    },
    { name: 'setsockopt', args: ['fd', SOL_SOCKET, SO_RCVTIMEO, halfSecond, 16] },
    { name: 'connect', args: ['fd', socketAddress(address), v6 ? 28 : 16] },
    { name: 'write', args: ['fd', Buffer.from([v6 ? 128 : 8, 0, 0, 0, 0, 0, 0, 1]), 8] },
    // No room is asked for: that something arrived is all there is to know.
    { name: 'recvfrom', args: ['fd', 0, 0, 0, 0, 0] },
  ];
}

/** struct sockaddr_in and sockaddr_in6, ip(7) and ipv6(7). */
function socketAddress(address: string): Buffer {
  const bytes = Buffer.alloc(28);
  if (!isIPv6(address)) {
    bytes.writeUInt16LE(AF_INET, 0);
    Buffer.from(address.split('.').map(Number)).copy(bytes, 4);
    return bytes;
  }
  bytes.writeUInt16LE(AF_INET6, 0);
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const groups = [...left, ...zeros, ...right];
  for (const [index, group] of groups.entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 8 + index * 2);
  }
  return bytes;
}
