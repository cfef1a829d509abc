// A probe: runs inside a service and looks for secrets in the arguments and environment of every
// process it sees and in every file it can read. It is given fingerprints, never values: a jail
// that does not hold a secret must not learn it from the search. Self-contained: see reach.ts.

import { createHash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs';

export interface Fingerprint {
  readonly secret: string;
  /** Bytes of the whole value. */
  readonly length: number;
  /** Rolling hash of its last `window` bytes: 32 bits of a polynomial; finds candidates. */
  readonly rolling: number;
  /** SHA-256 over the salt and the whole value, hexadecimal; confirms them. */
  readonly digest: string;
}

export interface SecretsInput {
  readonly fingerprints: readonly Fingerprint[];
  readonly base: number;
  /** Bytes that the rolling hash covers: one pass over a file finds every secret's end. */
  readonly window: number;
  readonly salt: string;
  /** Folders that are searched elsewhere. */
  readonly leftOut: readonly string[];
  readonly totalBytesMax: number;
  readonly deadlineMs: number;
}

export interface SecretHit {
  readonly secret: string;
  /** `file`, `env` or `argv`, and where: a path, or process and variable. */
  readonly kind: 'file' | 'env' | 'argv';
  readonly where: string;
}

export interface SecretsResult {
  readonly hits: readonly SecretHit[];
  /** False when a bound ended the search early. */
  readonly complete: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Processes whose environment could not be read. */
  readonly unreadable: readonly number[];
}

declare const probeInput: SecretsInput;

const endAt = Date.now() + probeInput.deadlineMs;
const hits: SecretHit[] = [];
const unreadable: number[] = [];
const byRolling = Map.groupBy(probeInput.fingerprints, (one) => one.rolling);
const { leaving, maybe } = tables();
const total = { files: 0, bytes: 0, complete: true };
/** A file is read in pieces, each with the end of the one before: a value may lie across both. */
const pieceBytes = 1024 * 1024;
const overlap = Math.max(0, ...probeInput.fingerprints.map(({ length }) => length - 1));
/** Below /dev, and to be written all the same. */
const memoryFolders = ['/dev/shm', '/dev/mqueue'];
await searchProcesses();
searchFiles();
const result: SecretsResult = { hits, unreadable, ...total };
process.stdout.write(JSON.stringify(result), () => process.exit(0));

/**
 * What a byte that leaves the window takes with it, and which low halves of a hash can be a hit.
 */
function tables() {
  let power = 1;
  for (let i = 0; i < probeInput.window; i += 1) power = Math.imul(power, probeInput.base);
  const low = new Uint8Array(0x10000);
  for (const rolling of byRolling.keys()) low[rolling & 0xffff] = 1;
  return {
    leaving: Int32Array.from({ length: 256 }, (_, byte) => Math.imul(byte, power)),
    maybe: low,
  };
}

/** What ends before `from` was found before. */
function search(
  bytes: Buffer,
  kind: SecretHit['kind'],
  where: (offset: number) => string,
  from = 0,
): void {
  const { base, window } = probeInput;
  let rolling = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    rolling = (Math.imul(rolling, base) + (bytes[i] as number)) | 0;
    if (i >= window) rolling = (rolling - (leaving[bytes[i - window] as number] as number)) | 0;
    if (i < from || maybe[rolling & 0xffff] === 0) continue;
    for (const { secret, length, digest } of byRolling.get(rolling) ?? []) {
      const start = i + 1 - length;
      if (start < 0 || digestOf(bytes.subarray(start, i + 1)) !== digest) continue;
      add({ secret, kind, where: where(start) });
    }
  }
}

/** Once for each place: a file full of copies is one. */
function add(hit: SecretHit): void {
  const isKnown = ({ secret, kind, where }: SecretHit) =>
    secret === hit.secret && kind === hit.kind && where === hit.where;
  if (!hits.some(isKnown)) hits.push(hit);
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(probeInput.salt).update(bytes).digest('hex');
}

async function searchProcesses(): Promise<void> {
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      const argv = tryRead(`/proc/${pid}/cmdline`);
      if (argv !== null) search(argv, 'argv', () => `arguments of process ${pid}`);
      const env = await environmentOf(pid);
      if (env === null) unreadable.push(Number(pid));
      else search(env, 'env', (offset) => `${variableAt(env, offset)} of process ${pid}`);
    }),
  );
}

/**
 * Null when it stays unreadable: a program that is just joining the service is so for a moment (see
 * system.ts).
 */
async function environmentOf(pid: string): Promise<Buffer | null> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const env = tryRead(`/proc/${pid}/environ`);
    if (env !== null) return env;
    if (hasEnded(pid)) return Buffer.alloc(0);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return null;
}

/**
 * Gone, or a zombie, which has nothing left to read: proc_pid_stat(5), the field after the name.
 */
function hasEnded(pid: string): boolean {
  const stat = tryRead(`/proc/${pid}/stat`)?.toString('latin1') ?? '';
  return stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

function variableAt(env: Buffer, offset: number): string {
  const start = env.lastIndexOf(0, offset) + 1;
  return env.subarray(start, Math.max(env.indexOf('=', start), start)).toString('latin1');
}

/**
 * What is mounted as a whole package (node_modules), system (/usr) or Node is skipped: it is
 * compared as a mount, or with the image it is of. A folder that only has that name is one to hide
 * something in: so is one that it could make its own again.
 */
function searchFiles(): void {
  const skipped = new Set(['/proc', '/sys', '/usr', '/dev', '/opt/node', ...probeInput.leftOut]);
  const folders = ['/', ...memoryFolders];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of list(folder)) {
      const path = `${folder === '/' ? '' : folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!skipped.has(path) && !isPackage(path)) folders.push(path);
      } else if (entry.isFile()) searchFile(path);
      if (isOver()) return;
    }
  }
}

function isPackage(path: string): boolean {
  if (!path.endsWith('/node_modules')) return false;
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EROFS' || (code === 'EACCES' && !isOwn(path));
  }
}

/** A bound that ends the search must not pass for having found nothing. */
function isOver(): boolean {
  if (Date.now() <= endAt && total.bytes <= probeInput.totalBytesMax) return false;
  total.complete = false;
  return true;
}

function searchFile(path: string): void {
  const piece = Buffer.alloc(overlap + pieceBytes);
  let fd: number | null = null;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    let kept = 0;
    for (;;) {
      const read = readSync(fd, piece, kept, pieceBytes, null);
      if (read === 0) break;
      search(piece.subarray(0, kept + read), 'file', () => path, kept);
      total.bytes += read;
      if (isOver()) break;
      const end = kept + read;
      kept = Math.min(overlap, end);
      piece.copyWithin(0, end - kept, end);
    }
    total.files += 1;
  } catch (error) {
    unseen(error, path);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    unseen(error, folder);
    return [];
  }
}

/**
 * What may not be read here is nobody's here, unless it is its own: that one has only hidden it.
 * Nor is what could not be read for want of something.
 */
function unseen(error: unknown, path: string): void {
  const { code = '' } = error as NodeJS.ErrnoException;
  const isHidden = code === 'EACCES' && isOwn(path);
  if (['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'].includes(code) || isHidden) total.complete = false;
}

/** Of one that is gone nobody is the owner. */
function isOwn(path: string): boolean {
  try {
    return lstatSync(path).uid === process.getuid?.();
  } catch {
    return false;
  }
}

function tryRead(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
