// A probe: runs inside a service and says what the kernel gives it: rights, namespaces, interfaces,
// routes, listeners, sockets its processes hold, and what happens when it asks for more.
// Self-contained: see reach.ts.

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
  /** Of the probe, or of the first process: CapEff, NoNewPrivs and so on as /proc has them. */
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

/** Itself; or the service's first process, where it is kept out of sight and not in this /proc. */
const own = existsSync('/proc/self/status') ? 'self' : '1';
const net = `/proc/${own}/net`;
// What cannot be read must not pass for a network with nobody in it.
readFileSync(`${net}/unix`);
const pids = readdirSync('/proc')
  .filter((name) => /^[0-9]+$/.test(name))
  .map(Number);
const listeningBefore = listening();
const held = await Promise.all(pids.map(async (pid) => ({ pid, inodes: await heldBy(pid) })));
const bound = read(`${net}/unix`)
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
  .map((fields) => ({ name: fields.slice(7).join(' '), accepts: fields[3] === accepting }));
const result: SystemResult = {
  uid: process.getuid?.() ?? -1,
  status: Object.fromEntries(
    read(`/proc/${own}/status`)
      .split('\n')
      .map((line) => line.split(':\t') as [string, string])
      .filter(([name]) => /^(Cap|NoNewPrivs|Seccomp$|Uid|Gid|Groups)/.test(name)),
  ),
  namespaces: Object.fromEntries(
    readdirSync(`/proc/${own}/ns`).map((kind) => [kind, readlinkSync(`/proc/${own}/ns/${kind}`)]),
  ),
  interfaces: Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map(({ address }) => ({ name, address })),
  ),
  devices: read(`${net}/dev`)
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
  attempts: await runAttempts(),
};
process.stdout.write(JSON.stringify(result), () => process.exit(0));

/** Inode to place. */
function listening(): Map<string, string> {
  const inet = [...listeners('tcp', 4), ...listeners('tcp', 6)];
  const places = inet.map(({ inode, address, port }): [string, string] => [
    inode,
    `${address} port ${port}`,
  ]);
  const unix = read(`${net}/unix`)
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
  return lines(`${net}/route`)
    .filter(([name]) => name !== 'Iface' && name !== 'lo')
    .map((fields) => `${ipv4(fields[1] ?? '')}/${ipv4(fields[7] ?? '')} dev ${fields[0]}`);
}

/** ipv6_route keeps a reject route per namespace on lo; only other devices lead anywhere. */
function routes6(): string[] {
  return lines(`${net}/ipv6_route`)
    .filter((fields) => fields.at(-1) !== 'lo')
    .map(
      (fields) =>
        `${ipv6(fields[0] ?? '')}/${Number.parseInt(fields[1] ?? '0', 16)} dev ${fields.at(-1)}`,
    );
}

/** State 0A is LISTEN; a UDP socket that is not connected (07) takes datagrams from anyone. */
function listeners(protocol: 'tcp' | 'udp', version: 4 | 6): Listener[] {
  const wanted = protocol === 'tcp' ? '0A' : '07';
  return lines(`${net}/${protocol}${version === 6 ? '6' : ''}`)
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

/** A descriptor may close while it is looked at; one not to be read must not pass for none. */
function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** `made` is when, as the kernel says: whoever changes or moves it cannot keep that. */
type Written = { readonly path: string; readonly fd: number; readonly made: bigint };

/**
 * Whoever else is of this user could put another program in a file's place: one that says it was
 * refused. So each must be, when it has run, the file that was written.
 */
async function runAttempts(): Promise<Record<string, string>> {
  const outcomes = Object.fromEntries(probeInput.attempts.map(({ name }) => [name, 'no-scratch']));
  const isOver = /^([0-9]+|SIG[A-Z]+|changed)$/;
  let waiting = probeInput.attempts;
  for (const folder of probeInput.scratch) {
    const written = waiting.map(({ elfBase64 }) => write(folder, Buffer.from(elfBase64, 'base64')));
    // Longer than the clock of file systems takes to go on: a change from now on has another time.
    await new Promise((resolve) => setTimeout(resolve, 25));
    waiting.forEach(({ name, elfBase64 }, index) => {
      const file = written[index] ?? 'no-scratch';
      const outcome = typeof file === 'string' ? file : runWritten(file, elfBase64);
      if (outcomes[name] !== 'closed' || isOver.test(outcome)) outcomes[name] = outcome;
    });
    waiting = waiting.filter(({ name }) => !isOver.test(outcomes[name] ?? ''));
  }
  return outcomes;
}

/** The file, or why there is none. */
function write(folder: string, elf: Buffer): Written | string {
  const path = `${folder}/.clincher-probe-${randomUUID()}`;
  try {
    writeFileSync(path, elf, { mode: 0o700, flag: 'wx' });
    const fd = openSync(path, 'r');
    return { path, fd, made: fstatSync(fd, { bigint: true }).ctimeNs };
  } catch (error) {
    const { code = 'failed' } = error as NodeJS.ErrnoException;
    // Its own folder: whoever has closed it can open it again.
    const isOwn = statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.();
    return code === 'EACCES' && isOwn ? 'closed' : code;
  }
}

function runWritten({ path, fd, made }: Written, elfBase64: string): string {
  try {
    const isWritten = readFileSync(fd).toString('base64') === elfBase64;
    const { status, signal, error } = spawnSync(path, [], { timeout: 3_000, env: {} });
    const still = fstatSync(fd, { bigint: true });
    const isThere = statSync(path).ino === Number(still.ino);
    if (!isWritten || !isThere || still.ctimeNs !== made) return 'changed';
    if (error !== undefined) return (error as NodeJS.ErrnoException).code ?? error.message;
    return signal ?? String(status);
  } catch (error) {
    const { code = 'failed' } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'changed' : code;
  } finally {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}
