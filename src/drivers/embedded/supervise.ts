// The supervisor's process: started by start-supervisor.ts under a lock, ends with all its jails.
// Not run by hand.

import { closeSync, rmdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { type HostPaths, hostPaths } from '../../host/host-paths.ts';
import { closeLeakedDescriptors } from '../../host/leaked-descriptors.ts';
import { openLogFile } from '../../host/log-file.ts';
import { startTicks } from '../../host/proc.ts';
import { Repeater, repeatLog } from '../../host/repeater.ts';
import { ClincherError } from '../../kit/error.ts';
import { limits } from '../../kit/limits.ts';
import { openCgroupHome } from './cgroup-home.ts';
import { serveControl } from './control-server.ts';
import { writeJailEtc } from './jail-etc.ts';
import { readMachineFacts } from './machine-facts.ts';
import type { ControlAnswer, ControlRequest } from './messages.ts';
import { restartRules } from './restart.ts';
import { Supervisor } from './supervisor.ts';
import { type Tending, tend } from './tend.ts';

/** Where the starter reads whether it worked; see start-supervisor.ts. */
const handshakeFd = 3;
interface SupervisorOrder {
  readonly stateDir: string;
  readonly attached: boolean;
  readonly cgroupName: string;
  readonly tending?: Tending;
  readonly tuning: {
    readonly restart?: Partial<typeof restartRules>;
    readonly stopGraceMs?: number;
    readonly warm?: boolean;
  };
}

async function main(): Promise<void> {
  process.umask(0o077);
  closeLeakedDescriptors(handshakeFd);
  const order = JSON.parse(process.argv[2] ?? '{}') as SupervisorOrder;
  const paths = hostPaths(order.stateDir);
  const stop = stopSignal(order.attached);
  const home = openCgroupHome(order.cgroupName);
  await makeRoom(paths);
  using _etc = writeJailEtc(paths.etc);
  const supervisor = new Supervisor(paths, readMachineFacts(), home, {
    restart: { ...restartRules, ...order.tuning.restart },
    stopGraceMs: order.tuning.stopGraceMs ?? limits.shutdownGraceMs,
    warm: order.tuning.warm ?? true,
  });
  const repeater = new Repeater(openLogFile(paths.log(repeatLog)));
  const server = await serveControl(paths.control, (request) =>
    answer({ supervisor, repeater }, request, stop.now),
  );
  const facts = { pid: process.pid, startTicks: startTicks(process.pid) };
  writeFileSync(paths.supervisorFacts, JSON.stringify(facts));
  say({ ok: true });
  using _tended = order.tending === undefined ? null : tend(order.tending);
  process.stderr.write(`supervising, limits by ${home.mechanism}\n`);
  const why = await stop.asked;
  process.stderr.write(`stopping: ${why}\n`);
  repeater.stop();
  await supervisor.stopAll();
  leave(paths, server, home.folders);
}

async function answer(
  { supervisor, repeater }: { readonly supervisor: Supervisor; readonly repeater: Repeater },
  request: ControlRequest,
  stopNow: (why: string) => void,
): Promise<ControlAnswer> {
  switch (request.ask) {
    case 'observe':
      return { ok: true, view: await supervisor.view() };
    case 'start':
      await supervisor.start(request.order, request.again, request.topologyHash);
      break;
    case 'stop-service':
      await supervisor.stopService(request.name, request.topologyHash);
      break;
    case 'repeat':
      repeater.order(request.order);
      break;
    case 'stop':
      await supervisor.stopAll();
      stopNow('asked to');
      break;
  }
  return { ok: true, view: null };
}

/** What a killed supervisor left is not running: its jails died with it. State and logs stay. */
async function makeRoom(paths: HostPaths): Promise<void> {
  for (const leftover of ['services', 'edges', 'etc', 'control.sock', 'supervisor.json']) {
    rmSync(join(paths.run, leftover), { recursive: true, force: true });
  }
  for (const folder of [
    join(paths.run, 'services'),
    join(paths.run, 'edges'),
    paths.logs,
    paths.codeCache,
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
}

function leave(paths: HostPaths, server: Server, cgroupFolders: readonly string[]): void {
  for (const leftover of ['services', 'edges', 'etc', 'control.sock', 'supervisor.json']) {
    rmSync(join(paths.run, leftover), { recursive: true, force: true });
  }
  server.close();
  for (const folder of cgroupFolders) {
    try {
      rmdirSync(folder);
    } catch {
      // A group whose last process is still being reaped; the next start uses it again.
    }
  }
  // An answer on its way out may still be in a socket; nothing else holds the process.
  process.stdin.destroy();
}

function stopSignal(attached: boolean): { asked: Promise<string>; now: (why: string) => void } {
  let now: (why: string) => void = () => {};
  const asked = new Promise<string>((resolve) => {
    now = resolve;
  });
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => now(name));
  if (attached) {
    // The pipe ends with the process at its other end, however that one ended.
    process.stdin.on('end', () => now('the terminal is gone')).resume();
    process.stdin.on('error', () => now('the terminal is gone'));
  }
  return { asked, now };
}

function say(outcome: { ok: true } | { ok: false; code: string; message: string }): void {
  try {
    writeSync(handshakeFd, `${JSON.stringify(outcome)}\n`);
    closeSync(handshakeFd);
  } catch {
    // Whoever started this is gone; attached, the pipe on standard input says the same.
  }
}

try {
  await main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = error instanceof ClincherError ? error.code : undefined;
  const full = code === 'ENOSPC' ? 'disk-full' : 'state-unusable';
  say({ ok: false, code: known ?? full, message });
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(3);
}
