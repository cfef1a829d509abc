// A real Redis for tests: on a Unix socket, keeping nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface TestRedis extends AsyncDisposable {
  /** `unix:PATH` */
  readonly address: string;
  connect(): Promise<Socket>;
  /** Stops it from answering without closing anything, or lets it go on. */
  freeze(frozen: boolean): void;
  /** Gone, with all it knew, and back empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** `program`: the machine's own, unless told otherwise. */
export async function startRedis(
  program: readonly string[] = ['redis-server'],
): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'clincher-redis-'));
  const path = join(folder, 'sock');
  let child = await start(program, path);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    address: `unix:${path}`,
    async connect() {
      const socket = connect(path);
      await once(socket, 'connect');
      return socket;
    },
    freeze: (frozen) => void child.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    async restart() {
      await stop();
      child = await start(program, path);
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function start(program: readonly string[], path: string): Promise<ChildProcess> {
  const settings = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no'];
  const [command = '', ...args] = [...program, ...settings];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    if (/ready to accept connections/i.test(line)) resolve();
  });
  reader.once('close', () => reject(new Error('redis-server ended')));
  child.once('error', reject);
  await promise;
  return child;
}
