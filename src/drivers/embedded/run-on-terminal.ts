// Runs a program of a service's own inside it for someone at a terminal. The terminal itself, and
// files that the shell redirected to, stay outside: whoever holds one of them inside can type for
// the person at it (TIOCSTI), listen to what they type later, or read the file again by its
// descriptor.

import { type ChildProcess, spawn } from 'node:child_process';
import { isatty } from 'node:tty';
import { closeLeakedDescriptors } from '../../host/leaked-descriptors.ts';
import { findProgram } from '../../host/programs.ts';
import { type JoinTarget, joinArgv } from './join.ts';
import { readBounds } from './join-bounds.ts';

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves to the program's exit code; a signal, whose number is not known, counts as 128. */
export async function runOnTerminal(
  target: JoinTarget,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  closeLeakedDescriptors(2);
  const joined = [...boundArgv(target), ...joinArgv(target, argv, true)];
  const script = [0, 1, 2].every((fd) => isatty(fd)) ? findProgram('script') : null;
  return script === null ? await overPipes(joined, env) : await onOwnTerminal(script, joined, env);
}

/** script(1) makes a terminal for it, passes on what is typed and shown, and takes it away. */
function onOwnTerminal(
  script: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const args = ['--quiet', '--return', '--command', shellLine(argv), '/dev/null'];
  const child = spawn(script, args, {
    cwd: '/',
    env: { ...env, SHELL: '/bin/sh' },
    stdio: 'inherit',
  });
  return endOf(child, child.pid);
}

async function overPipes(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  // A session of its own, without a terminal to control.
  const child = spawn(command, args, { cwd: '/', env: { ...env }, detached: true });
  child.stdin.on('error', () => {});
  process.stdin.pipe(child.stdin);
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  try {
    return await endOf(child, child.pid === undefined ? undefined : -child.pid);
  } finally {
    process.stdin.unpipe(child.stdin).pause();
    signalQuietly(child.pid === undefined ? undefined : -child.pid, 'SIGKILL');
  }
}

function endOf(child: ChildProcess, whom: number | undefined): Promise<number> {
  const forward = (name: NodeJS.Signals) => signalQuietly(whom, name);
  for (const name of ending) process.on(name, forward);
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 128));
  }).finally(() => {
    for (const name of ending) process.off(name, forward);
  });
}

function signalQuietly(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** One line for sh(1); the variable is script's and not the service's. */
export function shellLine(argv: readonly string[]): string {
  const quoted = ['env', '-u', 'SHELL', ...argv].map(
    (each) => `'${each.replaceAll("'", "'\\''")}'`,
  );
  return `exec ${quoted.join(' ')}`;
}

/**
 * In the service's own control groups and with its limits: what is started this way is the
 * service's, and so is what it starts. Where this user may not move processes, limits alone.
 */
function boundArgv({ pid }: JoinTarget): string[] {
  const { groups, limits } = readBounds(pid);
  const move =
    'until [ "$1" = -- ]; do { echo $$ > "$1"; } 2>/dev/null; shift; done; shift; exec "$@"';
  return ['sh', '-c', move, 'sh', ...groups, '--', 'prlimit', ...limits];
}
