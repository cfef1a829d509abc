// A driver for tests that starts bubblewrap jails straight from a plan, with exactly the holes it
// is told to leave: what verification must find is planted here.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Driver, GroupLimits, InspectedProcess } from '../drivers/driver.ts';
import { systemCallFilter } from '../drivers/embedded/system-calls.ts';
import { worldConnectionsOf } from '../host/inspect.ts';
import type { Plan, ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import { inspectProcess, processesBelow } from './raw-jail-inspect.ts';

/**
 * A hole: bubblewrap options added at the end, options taken out, and what else the service is
 * told.
 */
export interface Hole {
  readonly options?: readonly string[];
  readonly without?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Further places the service listens at, as raw-jail-service.ts takes them. */
  readonly listen?: readonly string[];
  /** Argument after the service's own. */
  readonly argument?: string;
  /** Places on the host that the driver opens and hands over from descriptor 3. */
  readonly inherits?: readonly { readonly host: string; readonly port: number }[];
  /** A place on the host that it was given a connection to. */
  readonly connectedTo?: { readonly host: string; readonly port: number };
  /** Host paths that are open in it. */
  readonly holds?: readonly string[];
  /** Without a filter of system calls. */
  readonly unfiltered?: true;
  /** Without the limits of its plan. */
  readonly unbounded?: true;
  /** Done to the running jail from outside. */
  readonly after?: (pid: number) => void;
}

export interface RawJailOptions {
  /** Host folder for sockets, secrets, states. */
  readonly folder: string;
  readonly secrets: ReadonlyMap<string, string>;
  readonly answers: Readonly<Record<string, readonly [status: number, reason: string]>>;
  readonly holes: Readonly<Record<string, Hole>>;
  /** Services that are not started. */
  readonly leaveOut?: readonly string[];
  /** Services that are killed once all have started: their socket files stay. */
  readonly kill?: readonly string[];
}

interface Jail {
  readonly pid: number;
  readonly inherited: readonly string[];
  readonly stateIdentity: string;
  readonly unbounded: boolean;
  stop(): Promise<void>;
}

export async function startRawJails(plan: Plan, options: RawJailOptions): Promise<Driver> {
  const jails = new Map<string, Jail>();
  const driver = rawDriver(plan, jails);
  try {
    for (const service of plan.services) prepare(service, options);
    for (const service of plan.services) {
      if (options.leaveOut?.includes(service.name)) continue;
      jails.set(service.name, await startJail(service, options, options.holes[service.name] ?? {}));
    }
    for (const name of options.kill ?? []) {
      await jails.get(name)?.stop();
      jails.delete(name);
    }
    return driver;
  } catch (error) {
    await driver[Symbol.asyncDispose]();
    throw error;
  }
}

/** Host folder of an edge's socket. */
export function edgeFolder(folder: string, edge: string): string {
  return join(folder, 'edges', edge);
}

function prepare(service: ServicePlan, { folder, secrets }: RawJailOptions): void {
  const own = join(folder, 'services', service.name);
  mkdirSync(join(own, 'secrets'), { recursive: true });
  mkdirSync(join(own, 'state'), { recursive: true });
  for (const { edge } of service.listens) mkdirSync(edgeFolder(folder, edge), { recursive: true });
  for (const name of service.secrets) {
    writeFileSync(join(own, 'secrets', name), secrets.get(name) ?? '');
  }
}

async function startJail(service: ServicePlan, options: RawJailOptions, hole: Hole): Promise<Jail> {
  const own = join(options.folder, 'services', service.name);
  const servers = await Promise.all([...service.inherits, ...(hole.inherits ?? [])].map(openWorld));
  const sockets = service.listens.map(({ folder }) => `${folder}/sock`);
  const [status, reason] = options.answers[service.name] ?? [200, ''];
  const listen = [
    ...sockets,
    ...servers.map((_, index) => `fd:${3 + index}`),
    ...(hole.listen ?? []),
  ];
  writeFileSync(join(own, 'settings.json'), JSON.stringify({ listen, status, reason }));
  const infoFd = 3 + servers.length;
  const [optionsFd, filterFd] = [infoFd + 1, infoFd + 2];
  const held = (hole.holds ?? []).map((path) => openSync(path, 'r'));
  const peer = hole.connectedTo === undefined ? [] : [connect(hole.connectedTo)];
  await Promise.all(peer.map((socket) => once(socket, 'connect')));
  const argv = [inside.node, '/opt/clincher/service.ts', ...(hole.argument ? [hole.argument] : [])];
  // On a descriptor: the jail's first process would show them in its arguments, host paths and all.
  const files = hole.unbounded === true ? [] : [`--nofile=${service.limits.filesMax}`];
  const child = spawn(
    'prlimit',
    ['--core=0', ...files, 'bwrap', '--args', String(optionsFd), '--', ...argv],
    {
      env: { PATH: process.env.PATH },
      stdio: [
        'ignore',
        'pipe',
        'inherit',
        ...servers.map(fdOf),
        'pipe',
        'pipe',
        'pipe',
        ...held,
        ...peer.map(handleOf),
      ],
    },
  );
  (child.stdio[filterFd] as Writable)
    .on('error', () => undefined)
    .end(systemCallFilter(process.arch));
  const jailed = [...jailOptions(service, options, hole), '--info-fd', String(infoFd)];
  if (hole.unfiltered !== true) jailed.push('--seccomp', String(filterFd));
  (child.stdio[optionsFd] as Writable).end(jailed.map((option) => `${option}\0`).join(''));
  const closed = once(child, 'close');
  const info = await textOf(child.stdio[infoFd] as Readable);
  const pid = Number(/"child-pid":\s*(\d+)/.exec(info)?.[1]);
  await Promise.race([
    once(child.stdout as Readable, 'data'),
    closed.then(() => notReady(service)),
  ]);
  for (const { server } of servers) server.close();
  for (const fd of held) closeSync(fd);
  for (const socket of peer) socket.destroy();
  hole.after?.(pid);
  const stop = async () => {
    process.kill(pid, 'SIGKILL');
    await closed;
  };
  const { dev, ino } = statSync(join(own, 'state'));
  return {
    pid,
    inherited: servers.map(({ place }) => place),
    stateIdentity: `${dev}:${ino}`,
    unbounded: hole.unbounded === true,
    stop,
  };
}

function notReady({ name }: ServicePlan): never {
  throw new Error(`the jail of ${name} ended before it was ready`);
}

function jailOptions(service: ServicePlan, { folder }: RawJailOptions, hole: Hole): string[] {
  const own = join(folder, 'services', service.name);
  const bind = (option: string, source: string, target: string) => [option, source, target];
  const all = [
    ...['--unshare-user', '--disable-userns', '--uid', '1000', '--gid', '1000'],
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...(service.network === 'none' ? ['--unshare-net'] : []),
    ...['--cap-drop', 'ALL', '--die-with-parent', '--new-session', '--clearenv'],
    ...['--ro-bind', '/usr/lib', '/usr/lib', '--symlink', 'usr/lib', '/lib'],
    ...['--ro-bind-try', '/usr/lib64', '/usr/lib64', '--symlink', 'usr/lib64', '/lib64'],
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run'],
    ...(service.network === 'outside' ? ['--ro-bind', '/etc/resolv.conf', '/etc/resolv.conf'] : []),
    ...service.mounts.flatMap(({ source, target, readOnly }) =>
      bind(readOnly ? '--ro-bind' : '--bind', source, target),
    ),
    ...bind('--ro-bind', join(own, 'settings.json'), inside.settings),
    ...bind('--ro-bind', join(own, 'secrets'), inside.secrets),
    ...service.listens.flatMap((one) => bind('--bind', edgeFolder(folder, one.edge), one.folder)),
    ...service.dials.flatMap((one) => bind('--ro-bind', edgeFolder(folder, one.edge), one.folder)),
    ...(service.state ? bind('--bind', join(own, 'state'), inside.state) : []),
    ...(hole.options ?? []),
    ...Object.entries(hole.env ?? {}).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--remount-ro', '/run', '--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/tmp'],
  ];
  return all.filter((option) => !(hole.without ?? []).includes(option));
}

interface World {
  readonly server: Server;
  readonly place: string;
}

async function openWorld({ host, port }: { host: string; port: number }): Promise<World> {
  const server = createServer().listen({ host, port });
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return { server, place: `${host}:${bound}` };
}

/** The descriptor of a listening server, to hand over. */
function fdOf({ server }: World): number {
  return handleOf(server);
}

function handleOf(socket: Server | Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function rawDriver(plan: Plan, jails: ReadonlyMap<string, Jail>): Driver {
  const jailOf = (service: string): Jail => {
    const jail = jails.get(service);
    if (jail === undefined) throw new Error(`${service} does not run`);
    return jail;
  };
  const unsupported = () => Promise.reject(new Error('raw jails are started whole'));
  return {
    name: 'embedded',
    preflight: async () => [],
    apply: unsupported,
    exec: unsupported,
    async *logs() {},
    observe: async () => ({
      topologyHash: plan.topologyHash,
      services: plan.services
        .filter(({ name }) => jails.has(name))
        .map(({ name, hash }) => ({
          ...{ name, hash, state: 'ready' as const, pid: jailOf(name).pid },
          ...{ startedAt: 0, restarts: 0, detail: null },
        })),
    }),
    probe: (service, program, input) => runInside(jailOf(service).pid, program, input),
    inspect: async (service) => {
      const { pid, inherited, stateIdentity, unbounded } = jailOf(service);
      const processes: InspectedProcess[] = processesBelow(pid).map(inspectProcess);
      return {
        processes,
        worldListeners: inherited,
        worldConnections: worldConnectionsOf(pid),
        // No group is made for them: it is as if one was, where nothing else is asked for.
        groupLimits: unbounded ? null : groupOf(plan, service),
        stateIdentity,
      };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...jails.values()].map((jail) => jail.stop()));
    },
  };
}

function groupOf({ services }: Plan, name: string): GroupLimits | null {
  const limits = services.find((service) => service.name === name)?.limits;
  if (limits === undefined) return null;
  const { memoryBytesMax, processesMax, cpusMax } = limits;
  return { memoryBytes: memoryBytesMax, processes: processesMax, cpus: cpusMax };
}

async function runInside(pid: number, program: string, input: unknown): Promise<string> {
  const flags = ['-U', '--preserve-credentials', '-n', '-m', '-p', '-i', '-u'];
  const child = spawn('nsenter', ['-t', String(pid), ...flags, inside.node, '-'], {
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const errors = textOf(child.stderr);
  const output = textOf(child.stdout);
  child.stdin.on('error', () => undefined);
  child.stdin.end(`const probeInput = ${JSON.stringify(input)};\n${program}`);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the probe ended with ${code}: ${await errors}`);
  return output;
}
