// Runs a program to its end for a test: its exit code, what it printed, and a deadline that fails
// loudly.

import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkout } from './source-tree.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Instead of `input`: a file that becomes its standard input. */
  readonly inputFile?: string;
  readonly deadlineMs?: number;
}

export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program = '', ...rest] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const child = spawn(program, rest, {
    cwd: options.cwd ?? checkout,
    env: options.env ?? plainEnvironment(),
  });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
    });
  }
  const deadlineMs = options.deadlineMs ?? 30_000;
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    reject(
      new Error(`${argv.join(' ')} took longer than ${deadlineMs} ms: ${JSON.stringify(out)}`),
    );
  }, deadlineMs);
  child.on('error', reject);
  child.on('close', (code) => {
    clearTimeout(timer);
    resolve({ code, ...out });
  });
  child.stdin.on('error', () => undefined);
  if (options.inputFile === undefined) child.stdin.end(options.input ?? '');
  else createReadStream(options.inputFile).pipe(child.stdin);
  return promise;
}

export const launcher = join(checkout, 'clincher');

/** The command line as people start it. */
export function clincher(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run([launcher, ...args], options);
}

/**
 * Nothing of the tester's own: no key, no setting. The first Node on the path is the one that runs
 * this.
 */
export function plainEnvironment(more: Readonly<Record<string, string>> = {}) {
  const path = `${dirname(process.execPath)}:${process.env.PATH ?? '/usr/bin:/bin'}`;
  return { PATH: path, HOME: process.env.HOME ?? '/', LANG: 'C.UTF-8', ...more };
}
