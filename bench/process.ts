// The programs that are compared, as processes: started with a log in a file, waited for until they
// listen, ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type Program = ChildProcess & { readonly pid: number };

export interface ToStart {
  readonly name: string;
  /** Its log is written there. */
  readonly folder: string;
  /** Where it is going to listen. */
  readonly port: number;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function started({ name, folder, port, program, args, env }: ToStart) {
  const log = openSync(join(folder, `${name}.log`), 'a');
  const startedMs = performance.now();
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  await untilListening(name, port, child);
  const running: Program = Object.assign(child, { pid });
  return { process: running, readyMs: performance.now() - startedMs };
}

export async function stop(running: Program): Promise<void> {
  if (running.exitCode !== null || running.signalCode !== null) return;
  const over = once(running, 'exit');
  running.kill('SIGTERM');
  const late = setTimeout(() => running.kill('SIGKILL'), 5_000);
  await over;
  clearTimeout(late);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function untilListening(name: string, port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 12_000; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(10);
  }
  throw new Error(`${name} does not listen`);
}
