// The proxies that are compared: started with the same rule, the same resolver, a log in a file.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess & { readonly pid: number };
}

export interface Setting {
  readonly folder: string;
  /** The name that rules allow; a line of the hosts file leads it to loopback. */
  readonly host: string;
  readonly farPorts: readonly number[];
}

const serveProgram = join(import.meta.dirname, '../../src/cli/serve.ts');

/** Neither contender is to meet a bound. */
const unbounded = {
  tunnelsMax: 20_000,
  tunnelsTotalMax: 20_000,
  tunnelsPerSecondMax: 1e6,
  bytesUpMax: 1e15,
  bytesDownMax: 1e15,
  windowBytesUpMax: 1e15,
  windowBytesDownMax: 1e15,
};

export async function startOurs(setting: Setting, nodeOptions: string[]): Promise<Contender> {
  const port = await freePort();
  const settings = {
    service: 'egress',
    admin: [],
    listen: [{ address: `tcp:127.0.0.1:${port}`, caller: 'bench' }],
    rules: [{ caller: 'bench', hosts: [setting.host], ports: setting.farPorts, at: 'bench' }],
    unsafeAllowAddresses: ['127.0.0.0/8'],
    limits: unbounded,
  };
  const file = join(setting.folder, 'egress.json');
  writeFileSync(file, JSON.stringify(settings));
  const args = [...nodeOptions, serveProgram, 'egress', '--settings', file];
  return started('clincher', setting, port, process.execPath, args);
}

export async function startSmokescreen(setting: Setting, program: string): Promise<Contender> {
  const port = await freePort();
  const acl = join(setting.folder, 'acl.yaml');
  const config = join(setting.folder, 'smokescreen.yaml');
  writeFileSync(
    acl,
    `version: v1\nservices: []\ndefault:\n  project: bench\n  action: enforce\n  allowed_domains:\n    - ${setting.host}\n`,
  );
  writeFileSync(
    config,
    'ip: 127.0.0.1\nallow_missing_role: true\nallow_ranges: ["127.0.0.0/8"]\nconnect_timeout: 10s\n',
  );
  const args = ['--config-file', config, '--listen-port', String(port), '--egress-acl-file', acl];
  return started('smokescreen', setting, port, program, args);
}

async function started(
  name: string,
  { folder }: Setting,
  port: number,
  program: string,
  args: readonly string[],
): Promise<Contender> {
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  await untilListening(name, port, child);
  return { name, port, process: Object.assign(child, { pid }) };
}

export async function stop({ process }: Contender): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const over = once(process, 'exit');
  process.kill('SIGTERM');
  const late = setTimeout(() => process.kill('SIGKILL'), 5_000);
  await over;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function untilListening(name: string, port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(100);
  }
  throw new Error(`${name} does not listen`);
}
