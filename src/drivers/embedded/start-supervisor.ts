// Starts the supervisor's process: locked, in a session of its own, and in a user namespace when
// not root.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { hostPaths } from '../../host/host-paths.ts';
import { unusable } from '../../host/unusable.ts';
import { codes, type ErrorCode } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import type { RestartRules } from './restart.ts';
import type { Tending } from './tend.ts';

export interface StartSupervisorOptions {
  readonly stateDir: string;
  readonly nodePath: string;
  /** Detached it outlives this process; attached it ends with it, and takes the stack down. */
  readonly detach: boolean;
  readonly restart?: Partial<RestartRules>;
  readonly stopGraceMs?: number;
  readonly tending?: Tending;
  /** Whether roles' compiled code is kept for the next start; true unless told. */
  readonly warm?: boolean;
}

export interface SupervisorProcess {
  readonly pid: number;
  /** Resolves when it is gone, to how: `exit code 0`. */
  readonly ended: Promise<string>;
  /** Lets an attached supervisor take the stack down; resolves when it is gone. */
  close(): Promise<void>;
}

/** flock(1) ends with this when another process holds the lock. */
const lockedExitCode = 75;

/**
 * Resolves once the supervisor answers on its control socket.
 * @throws ClincherError `already-running`, `user-namespaces-denied`, `state-unusable`, `disk-full`
 */
export async function startSupervisor(options: StartSupervisorOptions): Promise<SupervisorProcess> {
  const paths = hostPaths(options.stateDir);
  await makeFolders(options.stateDir, [paths.run, paths.logs]);
  const errors = openLog(paths.supervisorLog);
  const [program = '', ...args] = supervisorArgv(options, process.getuid?.() ?? 0);
  const child = spawn(program, args, {
    cwd: '/',
    // A session of its own, so that Ctrl-C in a terminal reaches the starter alone, which then asks
    // it to end.
    detached: true,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8' },
    stdio: [options.detach ? 'ignore' : 'pipe', 'ignore', errors, 'pipe'],
  });
  closeSync(errors);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, name) => resolve(name ? `signal ${name}` : `exit code ${code}`));
  });
  child.stdin?.on('error', () => {});
  await handshake(child, ended, options.stateDir, paths.supervisorLog);
  if (options.detach) child.unref();
  return {
    pid: child.pid ?? 0,
    ended,
    close: async () => {
      child.stdin?.end();
      await ended;
    },
  };
}

/** As data, for tests. flock keeps the lock open in the process it becomes. */
export function supervisorArgv(options: StartSupervisorOptions, uid: number): string[] {
  const { stateDir, detach, restart, stopGraceMs, warm, tending } = options;
  const entry = import.meta.url.endsWith('.ts') ? './supervise.ts' : './supervise.js';
  const cgroupName = `clincher-${createHash('sha256').update(stateDir).digest('hex').slice(0, 12)}`;
  const tuning = { restart, stopGraceMs, warm };
  const order = { stateDir, attached: !detach, cgroupName, tuning, tending };
  return [
    ...['flock', '--nonblock', '--conflict-exit-code', String(lockedExitCode), '--no-fork'],
    hostPaths(stateDir).lock,
    // One namespace around all jails: from inside it they can be joined without being root.
    ...(uid === 0 ? [] : ['unshare', '--user', '--map-root-user']),
    ...[options.nodePath, fileURLToPath(new URL(entry, import.meta.url)), JSON.stringify(order)],
  ];
}

async function handshake(
  child: ChildProcess,
  ended: Promise<string>,
  stateDir: string,
  log: string,
): Promise<void> {
  const line = await readAll(child.stdio[3] as Readable);
  if (line === '') throw explainEnd(await ended, stateDir, log);
  const outcome = JSON.parse(line) as { ok: boolean; code?: string; message?: string };
  if (outcome.ok) return;
  const code =
    outcome.code !== undefined && outcome.code in codes ? outcome.code : 'state-unusable';
  throw new ClincherError(
    code as ErrorCode,
    `the supervisor could not start in ${stateDir}: ${outcome.message}`,
    { fix: 'Check that the state directory is yours, writable and not on a full disk.' },
  );
}

function explainEnd(outcome: string, stateDir: string, log: string): ClincherError {
  if (outcome === `exit code ${lockedExitCode}`) {
    return new ClincherError('already-running', `another clincher works on ${stateDir}`, {
      fix: 'See it with "clincher status"; stop it with "clincher down".',
    });
  }
  const last = lastLine(log);
  if (/^(unshare|flock|setpriv):/.test(last) && last.includes('unshare')) {
    return new ClincherError('user-namespaces-denied', `user namespaces are refused: ${last}`, {
      fix: 'What to run is in docs/troubleshooting.md, under "user namespaces are refused".',
    });
  }
  return new ClincherError('state-unusable', `the supervisor ended at once (${outcome}): ${last}`, {
    fix: `Its own log: ${log}`,
  });
}

function lastLine(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return lines.at(-1) ?? '';
}

async function makeFolders(stateDir: string, folders: readonly string[]): Promise<void> {
  try {
    for (const folder of [stateDir, ...folders]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
  } catch (error) {
    throw unusable(stateDir, error as NodeJS.ErrnoException);
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw unusable(path, error as NodeJS.ErrnoException);
  }
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
