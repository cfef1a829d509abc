// Listening TCP sockets of a network namespace by inode, from /proc/PID/net/tcp and tcp6.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const listenState = '0A';

/** Inode to `127.0.0.1:8443` or `[::]:443`. */
export function listeningSockets(netFolder: string): ReadonlyMap<string, string> {
  const all = ['tcp', 'tcp6'].flatMap((name) => socketsOf(join(netFolder, name)));
  const listening = all.filter(({ state }) => state === listenState);
  return new Map(listening.map(({ inode, local }) => [inode, local]));
}

/** Inode to where it is bound and what it talks to; those that only accept are left out. */
export function talkingSockets(netFolder: string): ReadonlyMap<string, Talking> {
  const kinds = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'icmp', 'icmp6'];
  const all = kinds.flatMap((name) => socketsOf(join(netFolder, name)));
  const talking = all.filter(({ state }) => state !== listenState);
  return new Map(talking.map(({ inode, local, remote }) => [inode, { local, remote }]));
}

export interface Talking {
  readonly local: string;
  readonly remote: string;
}

/** proc_pid_net(5): `sl local remote state ...`, the inode in the tenth column. */
function socketsOf(file: string) {
  return readLines(file)
    .slice(1)
    .flatMap((line) => {
      const columns = line.trim().split(/\s+/);
      const [, local = '', remote = '', state = ''] = columns;
      const inode = columns[9];
      if (inode === undefined) return [];
      return [{ inode, state, local: formatLocal(local), remote: formatLocal(remote) }];
    });
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    // A kernel without IPv6 has no tcp6.
    return [];
  }
}

/**
 * `0100007F:20FB` is 127.0.0.1:8443: each group of four bytes is in the machine's order,
 * little-endian here.
 */
export function formatLocal(local: string): string {
  const [address = '', port = ''] = local.split(':');
  const words = address.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4)
    return `${bytes.map((byte) => Number.parseInt(byte, 16)).join('.')}:${number}`;
  const groups = Array.from({ length: 8 }, (_, at) => `${bytes[at * 2]}${bytes[at * 2 + 1]}`);
  return `[${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}]:${number}`;
}
