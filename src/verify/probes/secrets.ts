// A probe: runs inside a service and looks for secrets in the arguments and environment of every
// process it sees and in every file it can read. It is given fingerprints, never values: a jail
// that does not hold a secret must not learn it from the search. Self-contained: see reach.ts.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';

export interface Fingerprint {
  readonly secret: string;
  /** Bytes. */
  readonly length: number;
  /** Rolling hash of the value: 32 bits of a polynomial in `base`; finds candidates. */
  readonly rolling: number;
  /** SHA-256 over the salt and the value, hexadecimal; confirms them. */
  readonly digest: string;
}

export interface SecretsInput {
  readonly fingerprints: readonly Fingerprint[];
  readonly base: number;
  readonly salt: string;
  readonly fileBytesMax: number;
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
const lengths = groupByLength();
const total = { files: 0, bytes: 0, complete: true };
await searchProcesses();
searchFiles();
const result: SecretsResult = { hits, unreadable, ...total };
process.stdout.write(JSON.stringify(result), () => process.exit(0));

interface LengthGroup {
  readonly length: number;
  /** base ** length, to take the oldest byte out. */
  readonly power: number;
  readonly byRolling: ReadonlyMap<number, readonly Fingerprint[]>;
}

function groupByLength(): LengthGroup[] {
  const groups = Map.groupBy(probeInput.fingerprints, (one) => one.length);
  return [...groups].map(([length, prints]) => {
    let power = 1;
    for (let i = 0; i < length; i += 1) power = Math.imul(power, probeInput.base);
    return { length, power, byRolling: Map.groupBy(prints, (one) => one.rolling) };
  });
}

function search(bytes: Buffer, kind: SecretHit['kind'], where: (offset: number) => string): void {
  for (const { length, power, byRolling } of lengths) {
    let rolling = 0;
    for (let i = 0; i < bytes.length; i += 1) {
      rolling = (Math.imul(rolling, probeInput.base) + (bytes[i] ?? 0)) | 0;
      if (i >= length) rolling = (rolling - Math.imul(bytes[i - length] ?? 0, power)) | 0;
      const candidates = i + 1 >= length ? byRolling.get(rolling) : undefined;
      if (candidates === undefined) continue;
      const start = i + 1 - length;
      const digest = digestOf(bytes.subarray(start, i + 1));
      for (const { secret } of candidates.filter((one) => one.digest === digest)) {
        hits.push({ secret, kind, where: where(start) });
      }
    }
  }
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
 * What is mounted as a whole package (node_modules) or system (/usr) is skipped: it is compared as
 * a mount.
 */
function searchFiles(): void {
  const skipped = new Set(['/proc', '/sys', '/usr', '/dev']);
  const folders = ['/'];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of list(folder)) {
      const path = `${folder === '/' ? '' : folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !skipped.has(path)) folders.push(path);
      } else if (entry.isFile()) searchFile(path);
    }
    if (Date.now() > endAt || total.bytes > probeInput.totalBytesMax) {
      total.complete = folders.length === 0;
      return;
    }
  }
}

function searchFile(path: string): void {
  try {
    // Larger files are programs and databases; secrets arrive in small ones.
    if (statSync(path).size > probeInput.fileBytesMax) return;
  } catch {
    return;
  }
  const bytes = tryRead(path);
  if (bytes === null) return;
  total.files += 1;
  total.bytes += bytes.length;
  search(bytes, 'file', () => path);
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function tryRead(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
