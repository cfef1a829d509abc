// A real Docker daemon of a test's own: in a network and a mount namespace of its own, with its
// own folders and containerd, an image made without a registry, and gone when the test ends.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dockerApi } from './docker-api.ts';
import { dockerConfig } from './docker-compose.ts';
import { imageTar } from './docker-image.ts';
import { isOwnNetwork } from './netns.ts';
import { type Outcome, run } from './run-program.ts';
import { tempDir } from './temp-dir.ts';

export interface DockerDaemon extends AsyncDisposable {
  /** Path of its socket. */
  readonly socket: string;
  /** A folder of the test's own, where the daemon's are too. */
  readonly folder: string;
  readonly image: string;
  /** `sha256:` and 64 digits. */
  readonly imageId: string;
  readonly pid: number;
  /** The docker command line, with the daemon itself. */
  cli(...args: readonly string[]): Promise<Outcome>;
  /** Calls its API; throws for an answer that is not 2xx. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Ends it as a machine that goes down would; containers that ran are gone too. */
  stop(): Promise<void>;
  /** Ends it as kill -9 does: it takes leave of nobody, and what it started runs on. */
  kill(): Promise<void>;
  /** Starts it again, on the same socket and data. */
  start(): Promise<void>;
}

/** Why the tests with a daemon are not run, said with each; false where they are. */
export const dockerSkip: string | false =
  process.getuid?.() === 0 ? false : 'only root can start a Docker daemon';

export const sandboxImage = 'clincher-test-sandbox:1';
const readyTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;

export interface DaemonChoices {
  /** May use its socket, beside root. */
  readonly socketGroup?: number;
  /** Whether the image has what OpenClaw's file tools need. */
  readonly withPython?: boolean;
  /**
   * Whether it can make networks; without, every container is without one. `here`: beside the
   * tests, which have to be in a network of their own (netns.ts).
   */
  readonly networks?: boolean | 'here';
  /** Whether no container of it gains privileges, whatever is asked for. */
  readonly noNewPrivileges?: boolean;
}

/** @throws Error with the daemon's log, when it does not come up */
export async function startDockerDaemon({
  socketGroup = 0,
  withPython = false,
  networks = false,
  noNewPrivileges = false,
}: DaemonChoices = {}): Promise<DockerDaemon> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(tempDir()).path;
  chmodSync(folder, 0o755);
  const socket = join(folder, 'docker.sock');
  let child: ChildProcess | null = null;
  const stop = async () => {
    if (child !== null) await stopDaemon(child, folder);
    child = null;
  };
  let wasKilled = false;
  const kill = async () => {
    if (child === null) return;
    wasKilled = true;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    child = null;
    // A daemon that finds it on its way out takes it for its own, and waits for it in vain.
    await containerdEnded(folder);
  };
  const start = async () => {
    child = await launch(folder, socket, { socketGroup, networks, noNewPrivileges });
    wasKilled = false;
  };
  if (networks === 'here') opened.use(inMemory(join(folder, 'data')));
  opened.defer(() => endShims(folder));
  opened.defer(stop);
  await start();
  const api = dockerApi(socket);
  const cli = (...args: readonly string[]) => dockerCli(socket, args);
  const imported = await run(['docker', '-H', `unix://${socket}`, 'import', '-', sandboxImage], {
    inputFile: await imageTar(folder, withPython),
  });
  if (imported.code !== 0) throw new Error(`docker import: ${imported.stderr}`);
  const kept = opened.move();
  return {
    ...{ socket, folder, cli, api, stop, kill, start },
    image: sandboxImage,
    imageId: imported.stdout.trim(),
    get pid() {
      if (child?.pid === undefined) throw new Error('the daemon is stopped');
      return child.pid;
    },
    [Symbol.asyncDispose]: async () => {
      // Of one that was killed the containers run on, and only a daemon knows them.
      if (wasKilled) await start();
      if (child !== null) await removeContainers(api);
      await kept.disposeAsync();
    },
  };
}

export interface DockerCliOptions {
  /** Which command line, where there are several. */
  readonly program?: string;
  readonly input?: string;
}

/** `docker ARGS`, with no configuration of whoever runs the tests. */
export function dockerCli(
  socket: string,
  args: readonly string[],
  { program = 'docker', input = '' }: DockerCliOptions = {},
): Promise<Outcome> {
  return run([program, ...args], { env: dockerEnvironment(socket), input, deadlineMs: 60_000 });
}

export function dockerEnvironment(socket: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: '/nonexistent',
    DOCKER_CONFIG: dockerConfig,
    DOCKER_HOST: `unix://${socket}`,
  };
}

/**
 * In the mount namespace of the tests, so that it outlives a daemon that is started again: loading
 * images and removing what is left of them takes most of the time otherwise.
 */
function inMemory(folder: string): Disposable {
  const must = (command: string, ...args: readonly string[]) => {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${folder}: ${stderr}`);
  };
  mkdirSync(folder);
  must('mount', '-t', 'tmpfs', '-o', 'mode=0711,size=4g', 'tmpfs', folder);
  return { [Symbol.dispose]: () => must('umount', '--lazy', folder) };
}

async function launch(
  folder: string,
  socket: string,
  { socketGroup, networks, noNewPrivileges }: Required<Omit<DaemonChoices, 'withPython'>>,
): Promise<ChildProcess> {
  const log = join(folder, 'dockerd.log');
  const output = openSync(log, 'a');
  const up = 'ip link set lo up && exec "$@"';
  const here = networks === 'here';
  if (here && !isOwnNetwork()) throw new Error('this network is not a test’s own');
  // Its mounts end with its namespace; without a bridge it needs no rule of any firewall.
  const child = spawn(
    'unshare',
    [
      ...[
        ...(here ? [] : ['--net']),
        '--mount',
        '--propagation',
        'private',
        '--',
        'sh',
        '-c',
        up,
        'sh',
        'dockerd',
      ],
      ...(networks === true ? [] : ['--bridge=none']),
      ...(networks === false ? ['--iptables=false', '--ip6tables=false'] : []),
      ...(noNewPrivileges ? ['--no-new-privileges'] : []),
      '--shutdown-timeout=1',
      ...[`--data-root=${folder}/data`, `--exec-root=${folder}/exec`],
      ...[`--pidfile=${folder}/dockerd.pid`, `--host=unix://${socket}`, `--group=${socketGroup}`],
    ],
    { stdio: ['ignore', output, output] },
  );
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`dockerd ended with ${code}`)));
  });
  failed.catch(() => undefined);
  try {
    await Promise.race([answers(socket), failed]);
  } catch (error) {
    child.kill('SIGKILL');
    const said = readFileSync(log, 'utf8').split('\n').slice(-30).join('\n');
    throw new Error(`no Docker daemon:\n${said}`, { cause: error });
  }
  return child;
}

async function answers(socket: string): Promise<void> {
  const api = dockerApi(socket);
  const deadline = Date.now() + readyTimeoutMs;
  for (;;) {
    const up = await api('GET', '/_ping').then(
      () => true,
      () => false,
    );
    if (up) return;
    if (Date.now() > deadline) throw new Error(`not ready after ${readyTimeoutMs} ms`);
    await delay(50);
  }
}

async function removeContainers(api: ReturnType<typeof dockerApi>): Promise<void> {
  const all = (await api('GET', '/containers/json?all=1')) as readonly { Id: string }[];
  for (const { Id } of all) await api('DELETE', `/containers/${Id}?force=1&v=1`);
}

async function stopDaemon(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(late);
  await containerdEnded(folder);
}

/** containerd is dockerd's child and outlives it for a moment; its folder goes with the test's. */
async function containerdEnded(folder: string): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(join(folder, 'exec/containerd/containerd.pid'), 'utf8'));
  } catch {
    return;
  }
  for (let tries = 0; tries < 100; tries++) {
    if (!isContainerd(pid, folder)) return;
    await delay(50);
  }
  process.kill(pid, 'SIGKILL');
}

/** A daemon that is killed while it removes a container forgets what stood beside that. */
function endShims(folder: string): void {
  for (const name of readdirSync('/proc').filter((each) => /^[0-9]+$/.test(each))) {
    const argv = argvOf(name) ?? '';
    if (argv.includes('containerd-shim') && argv.includes(`${folder}/`)) {
      process.kill(Number(name), 'SIGKILL');
    }
  }
}

function isContainerd(pid: number, folder: string): boolean {
  const argv = argvOf(pid);
  // One that has ended has none until somebody has taken note of its end.
  return argv === '' || argv?.includes(folder) === true;
}

/** Null for who is no more. */
function argvOf(pid: number | string): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return null;
  }
}
