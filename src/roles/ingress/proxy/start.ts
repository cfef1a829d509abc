// Starts the program that does the ingress' work, hands it the listening sockets we inherited, and
// waits until it answers.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { type Address, parseAddress } from '../../../kit/address.ts';
import { eachLine, endGroup } from '../../../kit/child-program.ts';
import { ClincherError } from '../../../kit/error.ts';
import { limits } from '../../../kit/limits.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import type { IngressSettings } from '../settings.ts';
import type { ProxyProgram } from './program.ts';

export interface StartedProxy {
  reload(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** How it ended by itself, or null. */
  ended(): string | null;
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

export interface ProxyOutput {
  readonly telemetry: Telemetry;
  /** A line of its standard output. */
  onLine(line: string): void;
  /** Of its standard error. */
  onOwnLine(line: string): void;
}

const startTimeoutMs = 30_000;
const lastCharsMax = 2_000;

/** @throws ClincherError `service-failed` when it ends, or does not listen in time */
export async function startProxy(
  program: ProxyProgram,
  file: string,
  configFile: string,
  { listen }: IngressSettings,
  { telemetry, onLine, onOwnLine }: ProxyOutput,
): Promise<StartedProxy> {
  const addresses = listen.map(({ address }) => parseAddress(address));
  const child = spawnProxy(program, file, 'runArgv', configFile, addresses);
  eachLine(child.stdout, onLine);
  let said = '';
  const { promise: listening, resolve: listens } = Promise.withResolvers<void>();
  eachLine(child.stderr, (line) => {
    said = line;
    if (program.readyLine.test(line)) listens();
    onOwnLine(line);
  });
  let stopping = false;
  let ended: string | null = null;
  const failed = new Promise<never>((_, reject) => {
    const end = (how: string) => {
      ended = `${program.name} ended ${how}. ${said}`;
      telemetry.log[stopping ? 'info' : 'error']('proxy-ended', { how });
      if (!stopping) reject(new ClincherError('service-failed', ended));
    };
    child.once('error', ({ message }) => end(message));
    child.once('exit', (code, signal) => end(signal === null ? `with ${code}` : `by ${signal}`));
  });
  failed.catch(() => {}); // whoever runs the role may not be listening yet
  const close = async () => {
    stopping = true;
    const graceMs = limits.shutdownGraceMs;
    await endGroup(child, graceMs, () => telemetry.log.warn('proxy-killed', { graceMs }));
  };
  const { promise: late, reject } = Promise.withResolvers<never>();
  const tooLate = () => reject(new ClincherError('service-failed', 'it did not listen in time'));
  const timer = setTimeout(tooLate, startTimeoutMs);
  try {
    await Promise.race([failed, listening, late]);
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  const running = {
    folder: dirname(configFile),
    configFile,
    signal: (name: NodeJS.Signals) => void child.kill(name),
  };
  const { signal } = running;
  return { reload: () => program.reload(running), signal, ended: () => ended, failed, close };
}

/** What the program itself says is wrong with its file, or null. */
export async function tryFile(
  program: ProxyProgram,
  file: string,
  configFile: string,
  { listen }: IngressSettings,
): Promise<string | null> {
  const addresses = listen.map(({ address }) => parseAddress(address));
  const child = spawnProxy(program, file, 'testArgv', configFile, addresses);
  const timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    eachLine(stream, (line) => {
      said = `${said}\n${line}`.slice(-lastCharsMax);
    });
  }
  const [code] = await once(child, 'close').catch(({ message }: Error) => [message]);
  clearTimeout(timer);
  return code === 0 ? null : said.trim() || String(code);
}

function spawnProxy(
  program: ProxyProgram,
  file: string,
  what: 'runArgv' | 'testArgv',
  configFile: string,
  addresses: readonly (Address | null)[],
): ChildProcessByStdio<null, Readable, Readable> {
  const inherited = addresses.flatMap((each) => (each?.kind === 'fd' ? [each.fd] : []));
  return spawn(file, program[what](configFile), {
    // By their places there, not by ours.
    env: program.environment(
      inherited.map((_, index) => 3 + index),
      dirname(configFile),
    ),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...inherited],
  }) as ChildProcessByStdio<null, Readable, Readable>;
}
