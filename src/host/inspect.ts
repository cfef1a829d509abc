// How a running service was really started, read from /proc of every process in its pid namespace.

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { InspectedMount, InspectedProcess, Inspection } from '../drivers/driver.ts';
import { foreignFiles } from './foreign-files.ts';
import { childrenOf, parentOf, processesInNamespaceOf } from './proc.ts';
import { parseProcessLimits, readGroupLimits } from './read-limits.ts';
import { listeningSockets, talkingSockets } from './sockets.ts';

const namespaceKinds = ['user', 'pid', 'net', 'ipc', 'uts', 'mnt', 'cgroup'] as const;

/**
 * `pid` is the first process of the service, `state` the host folder that its state is kept in, if
 * any. Processes that end while they are read are left out.
 */
export function inspectProcesses(pid: number, state: string): Inspection {
  const processes = processesInNamespaceOf(pid)
    .map((each) => inspectProcess(each, !descends(each, pid)))
    .filter((each) => each !== null);
  const kept = statSync(state, { throwIfNoEntry: false });
  return {
    processes,
    worldListeners: worldListenersOf(pid),
    worldConnections: worldConnectionsOf(pid),
    groupLimits: readGroupLimits(pid),
    stateIdentity: kept === undefined ? null : `${kept.dev}:${kept.ino}`,
  };
}

/**
 * The world's sockets are the ones of the host's network, held by a process whose own network is
 * another: the jail's first, and its children.
 */
export function worldListenersOf(pid: number): string[] {
  const holders = [pid, ...childrenOf(pid)];
  return [...new Set(holders.flatMap(inheritedListeners))];
}

/**
 * An orphan of the service is given to the jail's first process; who came in has a parent outside.
 */
function descends(pid: number, first: number): boolean {
  let each = pid;
  while (each > 1 && each !== first) each = parentOf(each);
  return each === first;
}

function inspectProcess(pid: number, joined: boolean): InspectedProcess | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // A zombie is an exit code that nobody has asked for yet: it holds nothing.
    if (field(status, 'State') === 'Z') return null;
    return {
      pid,
      argv: splitNul(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
      env: readEnvironment(pid),
      capabilities: capabilitiesOf(status),
      users: usersOf(status, readFileSync(`/proc/${pid}/uid_map`, 'utf8')),
      limits: parseProcessLimits(readFileSync(`/proc/${pid}/limits`, 'utf8')),
      noNewPrivileges: field(status, 'NoNewPrivs') === '1',
      // proc_pid_status(5): 2 is SECCOMP_MODE_FILTER.
      filtersSystemCalls: field(status, 'Seccomp') === '2',
      joined,
      namespaces: Object.fromEntries(
        namespaceKinds.map((kind) => [kind, readlinkSync(`/proc/${pid}/ns/${kind}`)]),
      ),
      mounts: parseMountInfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')),
      foreignFiles: foreignFiles(pid),
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

/** proc_pid_status(5), of which the whole text is given. */
export function capabilitiesOf(status: string): InspectedProcess['capabilities'] {
  return {
    inheritable: field(status, 'CapInh'),
    permitted: field(status, 'CapPrm'),
    effective: field(status, 'CapEff'),
    bounding: field(status, 'CapBnd'),
    ambient: field(status, 'CapAmb'),
  };
}

/**
 * user_namespaces(7): a map's lines say `first inside`, `first outside`, how many. Whom it does not
 * have is the overflow user inside.
 */
export function usersOf(status: string, map: string): number[] {
  const lines = map
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const users = /^Uid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
  return users.map((user) => {
    for (const [inside = 0, outside = 0, count = 0] of lines) {
      if (user >= outside && user < outside + count) return inside + user - outside;
    }
    return 65_534;
  });
}

function readEnvironment(pid: number): Record<string, string> {
  const pairs = splitNul(readFileSync(`/proc/${pid}/environ`, 'utf8'));
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** One that is not connected to anything yet is in no table of the kernel, and is not found. */
export function worldConnectionsOf(first: number): string[] {
  const network = readlinkSync('/proc/self/ns/net');
  const doors = new Set(worldListenersOf(first).map(portOf));
  const held = new Set(processesInNamespaceOf(first).flatMap((pid) => [...heldSockets(pid)]));
  if (readlinkSync(`/proc/${first}/ns/net`) === network) return [];
  return [...talkingSockets('/proc/self/net')]
    .filter(([inode, { local }]) => held.has(inode) && !doors.has(portOf(local)))
    .map(([, { local, remote }]) => `${local} to ${remote}`);
}

function portOf(place: string): string {
  return place.slice(place.lastIndexOf(':') + 1);
}

function inheritedListeners(pid: number): string[] {
  const host = listeningSockets('/proc/self/net');
  return [...heldSockets(pid)].map((inode) => host.get(inode)).filter((each) => each !== undefined);
}

/** Inodes. */
function heldSockets(pid: number): ReadonlySet<string> {
  const sockets = new Set<string>();
  for (const fd of readNames(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) sockets.add(inode);
    } catch {
      // Closed since the listing.
    }
  }
  return sockets;
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** proc_pid_mountinfo(5): `36 35 98:0 /root /target ro,noatime master:1 - ext3 /dev/root rw`. */
export function parseMountInfo(text: string): InspectedMount[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root = '', target = '', options = ''] = left.split(' ');
    const [type = '', device = ''] = right.split(' ');
    const source = root === '/' ? device : root;
    const readOnly = options.split(',').includes('ro');
    return { source: unescapeOctal(source), target: unescapeOctal(target), type, readOnly };
  });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function splitNul(text: string): string[] {
  return text.split('\0').filter((part) => part !== '');
}

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
}
