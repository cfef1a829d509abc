// Starts one jail from its description and ends it: the only place that runs bubblewrap.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { bindListeners } from '../../host/inherit.ts';
import { childrenOf } from '../../host/proc.ts';
import { findProgram } from '../../host/programs.ts';
import { ClincherError } from '../../kit/error.ts';
import type { ResourceLimits } from '../../plan/model.ts';
import type { IngressListen } from '../../topology/model.ts';
import type { Cgroup } from './cgroup.ts';
import { type LimitMechanism, prlimitArgv } from './limits.ts';
import type { JailSpec } from './steps.ts';
import { systemCallFilter } from './system-calls.ts';

export interface JailOrder {
  readonly spec: JailSpec;
  readonly inherits: readonly IngressListen[];
  readonly limits: ResourceLimits;
  readonly mechanism: LimitMechanism;
  readonly cgroup: Cgroup;
  readonly onOutput: (stream: Readable) => void;
  /** Host folder of the pipes that what runs inside has as its streams; null: our own. */
  readonly pipes?: string;
  readonly fileBytesMax?: number;
}

export interface Jail {
  /** The first process of the jail's pid namespace, in our numbering. */
  readonly pid: number;
  /** Resolves when the whole jail is gone: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /**
   * SIGTERM to the service, SIGKILL to the jail when the grace is over. Resolves when all is gone.
   */
  stop(graceMs: number): Promise<void>;
}

/**
 * @throws ClincherError `port-in-use`, `port-unusable`, `service-failed` when the jail cannot be
 * made
 */
export async function startJail(order: JailOrder): Promise<Jail> {
  const listeners = await bindListeners(order.inherits);
  const first = 3 + listeners.descriptors.length;
  const pipes = { options: first, info: first + 1, block: first + 2, calls: first + 3 };
  const bubblewrap = [findProgram('bwrap') ?? 'bwrap', '--args', String(pipes.options), '--'];
  const [program = '', ...args] = withPipes(order, bubblewrap);
  const child = spawn(program, args, {
    // The jail's first process shows its environment to the others in it: ours must not be in
    // there.
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', ...listeners.descriptors, 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  listeners.release();
  const ended = endOf(child);
  for (const stream of [child.stdout, child.stderr]) if (stream) order.onOutput(stream);
  const filter = systemCallFilter(process.arch);
  const calls = quiet(child.stdio[pipes.calls] as Writable);
  calls.end(filter ?? Buffer.alloc(0));
  const fds = ['--info-fd', String(pipes.info), '--block-fd', String(pipes.block)];
  if (filter !== null) fds.push('--seccomp', String(pipes.calls));
  const options = quiet(child.stdio[pipes.options] as Writable);
  options.end([...order.spec.options, ...fds].map((each) => `${each}\0`).join(''));
  const pid = await readPid(child.stdio[pipes.info] as Readable);
  if (pid === null) throw notMade(order.spec.service, await ended.promise);
  const jail: Jail = {
    pid,
    ended: ended.promise,
    hasEnded: ended.has,
    stop: (graceMs) => stopJail(pid, ended, graceMs),
  };
  try {
    await bound(order, pid, child.pid ?? pid);
  } catch (error) {
    await jail.stop(0);
    throw error;
  }
  // Until this byte bubblewrap waits, so the service never runs a moment without its limits.
  quiet(child.stdio[pipes.block] as Writable).end('x');
  return jail;
}

/**
 * A pipe cannot be opened before its other end is, so a shell waits for that and not this process.
 * Descriptors 7 to 9 are the pipes until they become the streams of what runs inside: bubblewrap
 * says what it has to say on streams of ours, because it names paths of the host.
 */
function withPipes({ pipes, spec }: JailOrder, bubblewrap: readonly string[]): readonly string[] {
  if (pipes === undefined) return [...bubblewrap, ...spec.argv];
  // A shell adds the folder it is in to its environment.
  const outside = 'unset PWD OLDPWD; exec "$@" 7<"$0/in" 8>"$0/out" 9>"$0/err"';
  const within = 'exec "$@" <&7 >&8 2>&9 7<&- 8>&- 9>&-';
  const inner = ['/bin/sh', '-c', within, 'sh', ...spec.argv];
  return ['/bin/sh', '-c', outside, pipes, ...bubblewrap, ...inner];
}

async function bound(order: JailOrder, pid: number, monitorPid: number): Promise<void> {
  order.cgroup.add(monitorPid);
  order.cgroup.add(pid);
  const { mechanism, limits, fileBytesMax } = order;
  const [program = '', ...args] = prlimitArgv(mechanism, limits, pid, fileBytesMax);
  const prlimit = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const outcome = await endOf(prlimit).promise;
  if (outcome === 'exit code 0') return;
  throw new ClincherError(
    'service-failed',
    `the limits of ${order.spec.service} could not be set: prlimit ended with ${outcome}`,
    { fix: 'Lower its limits to at most what "ulimit -a" shows for this user.' },
  );
}

async function stopJail(pid: number, ended: Ended, graceMs: number): Promise<void> {
  if (ended.has()) return;
  // The first process is bubblewrap's, which ignores SIGTERM and reaps; the service is its child.
  const services = graceMs > 0 ? childrenOf(pid) : [];
  for (const service of services) signal(service, 'SIGTERM');
  if (services.length > 0) {
    const grace = new AbortController();
    await Promise.race([ended.promise, delay(graceMs, null, grace).catch(() => null)]);
    grace.abort();
  }
  // Killing the first process of a pid namespace ends every process in it.
  if (!ended.has()) signal(pid, 'SIGKILL');
  await ended.promise;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface Ended {
  readonly promise: Promise<string>;
  has(): boolean;
}

function endOf(child: ChildProcess): Ended {
  let over = false;
  const promise = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    // 'close', not 'exit': its last lines have been read by then.
    child.once('close', (code, name) => resolve(name ? `signal ${name}` : `exit code ${code}`));
  }).finally(() => {
    over = true;
  });
  return { promise, has: () => over };
}

/** bubblewrap writes `{"child-pid": N, ...}` once the jail's first process exists. */
async function readPid(info: Readable): Promise<number | null> {
  let text = '';
  info.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(info, 'close');
  const match = /"child-pid":\s*(\d+)/.exec(text);
  return match === null ? null : Number(match[1]);
}

/** A jail that dies while it is written to is told by its end, not by EPIPE. */
function quiet(pipe: Writable): Writable {
  return pipe.on('error', () => {});
}

function notMade(service: string, outcome: string): ClincherError {
  return new ClincherError(
    'service-failed',
    `the jail of ${service} could not be made: ${outcome}`,
  );
}
