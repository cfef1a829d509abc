// A probe: runs inside a service and says what the kernel gives it: rights, namespaces, interfaces,
// routes, listeners, sockets its processes hold, and what happens when it asks for more.
// Self-contained: see reach.ts.

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

export interface SystemInput {
  /** Programs that ask the kernel for one thing each, and exit with 0 or the errno. */
  readonly attempts: readonly { readonly name: string; readonly elfBase64: string }[];
  /** Where to put them: the first that can be written and executed from is used. */
  readonly scratch: readonly string[];
}

export interface Listener {
  readonly protocol: 'tcp4' | 'tcp6' | 'udp4' | 'udp6';
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

export interface SystemResult {
  readonly uid: number;
  /** Of the probe itself: CapEff, CapBnd, NoNewPrivs, Seccomp as /proc/self/status has them. */
  readonly status: Readonly<Record<string, string>>;
  readonly namespaces: Readonly<Record<string, string>>;
  readonly interfaces: readonly { readonly name: string; readonly address: string }[];
  /** Names of all network devices, those without an address included. */
  readonly devices: readonly string[];
  /** Routes that leave by another interface than lo, as `destination/mask dev`. */
  readonly routes: readonly string[];
  readonly listeners: readonly Listener[];
  /** Paths that sockets of its network namespace are bound to, as their owners named them. */
  readonly unixPaths: readonly string[];
  /** Abstract names that are listened at in its network namespace. */
  readonly abstracts: readonly string[];
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  /**
   * Listening sockets of its network, those on its loopback and without a path included, that no
   * process it sees holds.
   */
  readonly unheldListeners: readonly string[];
  /** Socket inodes that the visible processes hold, and whether every process could be read. */
  readonly heldSockets: readonly string[];
  readonly unreadableProcesses: readonly number[];
  /** By attempt: `0`, an errno, a signal's name, or the code of the failure to run it. */
  readonly attempts: Readonly<Record<string, string>>;
}

declare const probeInput: SystemInput;

/** In /proc/net/unix, the flag of one that accepts connections (__SO_ACCEPTCON). */
const accepting = '00010000';

const pids = readdirSync('/proc')
  .filter((name) => /^[0-9]+$/.test(name))
  .map(Number);
const listeningBefore = listening();
const held = await Promise.all(pids.map(async (pid) => ({ pid, inodes: await heldBy(pid) })));
const bound = read('/proc/net/unix')
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
  .map((fields) => ({ name: fields.slice(7).join(' '), accepts: fields[3] === accepting }));
const result: SystemResult = {
  uid: process.getuid?.() ?? -1,
  status: Object.fromEntries(
    read('/proc/self/status')
      .split('\n')
      .map((line) => line.split(':\t') as [string, string])
      .filter(([name]) => /^(Cap|NoNewPrivs|Seccomp$|Uid|Gid|Groups)/.test(name)),
  ),
  namespaces: Object.fromEntries(
    readdirSync('/proc/self/ns').map((kind) => [kind, readlinkSync(`/proc/self/ns/${kind}`)]),
  ),
  interfaces: Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map(({ address }) => ({ name, address })),
  ),
  devices: read('/proc/net/dev')
    .split('\n')
    .flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? []),
  routes: [...routes4(), ...routes6()],
  listeners: [
    ...listeners('tcp', 4),
    ...listeners('tcp', 6),
    ...listeners('udp', 4),
    ...listeners('udp', 6),
  ],
  unixPaths: bound.map(({ name }) => name).filter((name) => name.startsWith('/')),
  abstracts: bound
    .filter(({ name, accepts }) => accepts && name.startsWith('@'))
    // The kernel writes the NULs that many pad their names with as @.
    .map(({ name }) => name.slice(1).replace(/@+$/, (pad) => '\0'.repeat(pad.length))),
  processes: pids.map((pid) => ({ pid, name: read(`/proc/${pid}/comm`).trim() })),
  heldSockets: [...new Set(held.flatMap(({ inodes }) => inodes ?? []))],
  unreadableProcesses: held.filter(({ inodes }) => inodes === null).map(({ pid }) => pid),
  unheldListeners: unheld(),
  attempts: runAttempts(),
};
process.stdout.write(JSON.stringify(result), () => process.exit(0));

/** Inode to place. */
function listening(): Map<string, string> {
  const inet = [...listeners('tcp', 4), ...listeners('tcp', 6)];
  const places = inet.map(({ inode, address, port }): [string, string] => [
    inode,
    `${address} port ${port}`,
  ]);
  const unix = read('/proc/net/unix')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === accepting)
    .map((fields): [string, string] => [fields[6] ?? '', fields[7] ?? 'a socket without a name']);
  return new Map([...places, ...unix]);
}

/** One that was opened or closed while its processes were looked at is not counted. */
function unheld(): string[] {
  // Whose descriptors are unknown may hold any of them; that is said in a row of its own.
  if (held.some(({ inodes }) => inodes === null)) return [];
  const known = new Set(held.flatMap(({ inodes }) => inodes ?? []));
  const after = listening();
  return [...listeningBefore]
    .filter(([inode]) => after.has(inode) && !known.has(inode))
    .map(([, place]) => place);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function lines(path: string): string[][] {
  return read(path)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 3);
}

function routes4(): string[] {
  return lines('/proc/net/route')
    .filter(([name]) => name !== 'Iface' && name !== 'lo')
    .map((fields) => `${ipv4(fields[1] ?? '')}/${ipv4(fields[7] ?? '')} dev ${fields[0]}`);
}

/** ipv6_route keeps a reject route per namespace on lo; only other devices lead anywhere. */
function routes6(): string[] {
  return lines('/proc/net/ipv6_route')
    .filter((fields) => fields.at(-1) !== 'lo')
    .map(
      (fields) =>
        `${ipv6(fields[0] ?? '')}/${Number.parseInt(fields[1] ?? '0', 16)} dev ${fields.at(-1)}`,
    );
}

/** State 0A is LISTEN; a UDP socket that is not connected (07) takes datagrams from anyone. */
function listeners(protocol: 'tcp' | 'udp', version: 4 | 6): Listener[] {
  const wanted = protocol === 'tcp' ? '0A' : '07';
  return lines(`/proc/net/${protocol}${version === 6 ? '6' : ''}`)
    .filter((fields) => fields[3] === wanted)
    .map((fields) => {
      const [address = '', port = ''] = (fields[1] ?? '').split(':');
      return {
        protocol: `${protocol}${version}` as const,
        address: version === 4 ? ipv4(address) : ipv6(words(address)),
        port: Number.parseInt(port, 16),
        inode: fields[9] ?? '',
      };
    });
}

/** Addresses in /proc/net are 32-bit words in the machine's own (little-endian) order. */
function ipv4(hex: string): string {
  return [...Buffer.from(hex, 'hex')].reverse().join('.');
}

function words(hex: string): string {
  return (hex.match(/.{8}/g) ?? [])
    .map((word) => Buffer.from(word, 'hex').reverse().toString('hex'))
    .join('');
}

function ipv6(hex: string): string {
  const groups = (hex.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/**
 * Null when its descriptors stay unreadable. A program that is just joining the service belongs to
 * outside for a moment; a process of the service's own is readable at once.
 */
async function heldBy(pid: number): Promise<string[] | null> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        const match = /^socket:\[([0-9]+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`));
        return match?.[1] === undefined ? [] : [match[1]];
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || hasEnded(pid)) return [];
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return null;
}

/** Gone, or a zombie, which holds nothing: proc_pid_stat(5), the field after the name. */
function hasEnded(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

/**
 * A descriptor may close while it is looked at; one that may not be read must not pass for none.
 */
function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function runAttempts(): Record<string, string> {
  const outcomes: Record<string, string> = {};
  for (const { name, elfBase64 } of probeInput.attempts) {
    outcomes[name] = 'no-scratch';
    for (const folder of probeInput.scratch) {
      outcomes[name] = runIn(folder, Buffer.from(elfBase64, 'base64'));
      if (/^([0-9]+|SIG[A-Z]+)$/.test(outcomes[name])) break;
    }
  }
  return outcomes;
}

function runIn(folder: string, elf: Buffer): string {
  const path = `${folder}/.clincher-probe-${randomUUID()}`;
  try {
    writeFileSync(path, elf, { mode: 0o700 });
    const { status, signal, error } = spawnSync(path, [], { timeout: 3_000, env: {} });
    if (error !== undefined) return (error as NodeJS.ErrnoException).code ?? error.message;
    return signal ?? String(status);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed';
  } finally {
    rmSync(path, { force: true });
  }
}
