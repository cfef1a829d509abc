// A probe: runs inside a service, finds every socket in its file system, and tries to read what it
// must not and to write wherever something is mounted. Self-contained by contract: see reach.ts.

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { connect } from 'node:net';

export interface FilesInput {
  /** Host paths that must not be readable here. */
  readonly forbidden: readonly string[];
  readonly entriesMax: number;
  readonly deadlineMs: number;
}

export interface FoundSocket {
  readonly path: string;
  /** `device:inode` of the file: the same for every service that sees this very socket. */
  readonly identity: string;
  /** `connected`, `timeout`, or the error's code. */
  readonly code: string;
}

export interface FilesResult {
  readonly sockets: readonly FoundSocket[];
  /** Names that give a stack's own folders away wherever they are mounted. */
  readonly suspicious: readonly string[];
  readonly reads: readonly { readonly path: string; readonly code: string }[];
  readonly mounts: readonly FoundMount[];
  /** False when a bound ended the walk before everything was seen. */
  readonly complete: boolean;
  readonly entries: number;
}

export interface FoundMount {
  readonly target: string;
  readonly type: string;
  /** What of its file system is mounted: `/` for all of it. */
  readonly root: string;
  readonly writable: boolean;
  /** `device:inode` of what is seen there, or empty. */
  readonly identity: string;
  /** `written` or the error's code: a file was really created and removed again. */
  readonly code: string;
}

declare const probeInput: FilesInput;

const endAt = Date.now() + probeInput.deadlineMs;
const seen = walk();
const mounts = readMounts();
// A folder lists a mounted file as what it covers, so a socket mounted over a file shows only as a
// mount.
const mounted = mounts.map(({ target }) => target).filter(isSocket);
const reads = probeInput.forbidden.map((path) => ({ path, code: tryRead(path) }));
// What took its time until now would count as theirs: a timer begins where the loop last stood.
await new Promise(setImmediate);
const result: FilesResult = {
  sockets: await Promise.all([...new Set([...seen.sockets, ...mounted])].map(trySocket)),
  suspicious: seen.suspicious,
  ...{ reads, mounts },
  complete: seen.complete,
  entries: seen.entries,
};
process.stdout.write(JSON.stringify(result), () => process.exit(0));

/**
 * The kernel's file systems hold no sockets; packages are many and mounted as a whole, so they are
 * compared as mounts.
 */
function walk() {
  const skipped = new Set(['/proc', '/sys', '/usr', '/opt/agent/node_modules']);
  const found = { sockets: [] as string[], suspicious: [] as string[], complete: true, entries: 0 };
  const folders = ['/'];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of list(folder)) {
      const path = `${folder === '/' ? '' : folder}/${entry.name}`;
      found.entries += 1;
      if (entry.isSocket()) found.sockets.push(path);
      if (/^(\.clincher|clincher\.ya?ml|docker\.sock|\.ssh|\.aws)$/.test(entry.name)) {
        found.suspicious.push(path);
      }
      const enter = entry.isDirectory() && entry.name !== 'node_modules' && !skipped.has(path);
      if (enter) folders.push(path);
    }
    if (found.entries > probeInput.entriesMax || Date.now() > endAt) {
      found.complete = folders.length === 0;
      break;
    }
  }
  return found;
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function trySocket(path: string): Promise<FoundSocket> {
  const { promise, resolve } = Promise.withResolvers<FoundSocket>();
  const identity = identityOf(path);
  const socket = connect({ path });
  const end = (code: string) => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ path, identity, code });
  };
  // Who was short of time reads what has come in the meantime before it gives up.
  const timer = setTimeout(() => setImmediate(end, 'timeout'), 5_000);
  socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  socket.on('connect', () => end('connected'));
  return promise;
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}

function identityOf(path: string): string {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return '';
  }
}

/**
 * A folder counts as readable when something is in it: jails have empty mount points of familiar
 * names.
 */
function tryRead(path: string): string {
  try {
    if (statSync(path).isDirectory()) return readdirSync(path).length > 0 ? 'read' : 'EMPTY';
    closeSync(openSync(path, 'r'));
    return 'read';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed';
  }
}

/** mountinfo, proc(5): 4th field root, 5th target, 6th options; after ` - ` the type. */
function readMounts(): FoundMount[] {
  const own = existsSync('/proc/self/mountinfo') ? 'self' : '1';
  return readFileSync(`/proc/${own}/mountinfo`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , root = '', target = '', options = ''] = before.split(' ').map(unescapeOctal);
      const [type = '', , superOptions = ''] = after.split(' ');
      const writable = options.split(',').includes('rw') && superOptions.split(',').includes('rw');
      const identity = identityOf(target);
      return { target, type, root, writable, identity, code: tryWrite(target) };
    });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function tryWrite(target: string): string {
  const path = `${target}/.clincher-probe-${randomUUID()}`;
  try {
    if (!statSync(target).isDirectory()) {
      closeSync(openSync(target, 'r+'));
      return 'written';
    }
    closeSync(openSync(path, 'wx', 0o600));
    rmSync(path);
    return 'written';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed';
  }
}
