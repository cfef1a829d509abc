// Runs a test file again in a network namespace of its own: no route, loopback up, and every
// outside address the tests try added to it. Whatever a broken guard would dial ends here, at a
// canary, and never with a stranger.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

export interface NetworkOptions {
  /**
   * Added to lo beside what every such network has: documentation ranges and the metadata address.
   */
  readonly addresses?: readonly string[];
  /** Names that resolve there, each to one of the addresses. */
  readonly names?: Readonly<Record<string, string>>;
  /** For the whole file. */
  readonly timeoutMs?: number;
}

export const outsideAddresses = [
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '169.254.169.254'],
] as const;

const marker = 'CLINCHER_TEST_NETWORK';

/**
 * `url` is the test file's import.meta.url. `tests` declares the file's tests; they run inside,
 * where everything is local. Outside, the file is one test: that all of them passed.
 */
export function inOwnNetwork(url: string, options: NetworkOptions, tests: () => void): void {
  if (isOwnNetwork()) {
    prepareNetwork(options);
    tests();
    return;
  }
  const file = fileURLToPath(url);
  test('in a network of its own', { timeout: options.timeoutMs ?? 600_000 }, async (context) => {
    const { code, output } = await runInOwnNetwork(file);
    for (const line of output.split('\n')) {
      if (/^\s*(✔|✖|ℹ (tests|pass|fail))/.test(line)) context.diagnostic(line);
    }
    // A hook of the file that fails is said, and leaves the exit code at 0.
    const isFine = code === 0 && !/^✖ failing tests:/m.test(output);
    if (!isFine) throw new Error(`${file} failed in its own network:\n${output}`);
  });
}

/** Whether this process is the one inside. */
export function isOwnNetwork(): boolean {
  return process.env[marker] === '1';
}

/**
 * A program that asks isOwnNetwork() and then prepareNetwork(). As root a namespace alone; as an
 * ordinary user a user namespace around it.
 */
export function runInOwnNetwork(
  file: string,
  args: readonly string[] = [],
): Promise<{ code: number | null; output: string }> {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(
    'unshare',
    [...user, '--net', '--mount', '--', process.execPath, '--test-reporter=spec', file, ...args],
    { env: { ...env, [marker]: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Of the process that calls it: for a namespace that was just made. */
export function prepareNetwork({ addresses = [], names = {} }: NetworkOptions): void {
  must('ip', ['link', 'set', 'lo', 'up']);
  for (const address of new Set([...outsideAddresses, ...addresses])) {
    const v6 = address.includes(':');
    // nodad: an address that is still being checked for duplicates cannot be bound.
    must('ip', [
      'addr',
      'add',
      `${address}/${v6 ? 128 : 32}`,
      'dev',
      'lo',
      ...(v6 ? ['nodad'] : []),
    ]);
  }
  const folder = mkdtempSync(join(tmpdir(), 'clincher-network-'));
  const hosts = ['127.0.0.1 localhost', '::1 localhost'];
  for (const [name, address] of Object.entries(names)) hosts.push(`${address} ${name}`);
  mountFile(folder, '/etc/hosts', `${hosts.join('\n')}\n`);
  // The machine's own resolver is outside; this one is a canary's address.
  mountFile(folder, '/etc/resolv.conf', 'nameserver 192.0.2.1\noptions timeout:1 attempts:1\n');
}

function mountFile(folder: string, target: string, content: string): void {
  const source = join(folder, target.replaceAll('/', '_'));
  writeFileSync(source, content, { mode: 0o644 });
  must('mount', ['--bind', source, target]);
}

function must(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
