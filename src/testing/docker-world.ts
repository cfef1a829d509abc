// Opens a Docker driver for tests: a daemon beside the tests, an image with the stand-in roles, and
// the plan of a jail made into one of a container. Run it in a network of its own (netns.ts).

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureImage, imageStore } from '../cli/image/own.ts';
import { containerArgv } from '../cli/installation.ts';
import {
  createDockerDriver,
  type DockerDriver,
  type DockerOptions,
} from '../drivers/docker/create-driver.ts';
import { loadIntoDocker } from '../images/docker.ts';
import { runCommand } from '../kit/run-command.ts';
import type { BridgeEnd, ContainerPlan, Step } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import { edgeId, type IngressListen } from '../topology/model.ts';
import type { IngressImage } from '../topology/own-images.ts';
import { type DockerDaemon, dockerEnvironment, startDockerDaemon } from './docker-daemon.ts';
import type { DriverUnderTest } from './driver-contract.ts';
import type { DriverShape } from './driver-contract-shape.ts';
import { repositoryRoot } from './embedded-world.ts';
import { run } from './run-program.ts';
import { socketEdge } from './socket-shape.ts';
import { tinyServeArgv } from './tiny-service.ts';
import type { StackPlace } from './verified-stack.ts';

export interface DockerWorld extends DriverUnderTest {
  readonly driver: DockerDriver;
  readonly stateDir: string;
}

const roleImage = 'clincher-test-role:1';
export const testUser = { uid: 1_000, gid: 1_000 };

/** A daemon with the stand-in roles, for whoever may use its socket. */
export interface RoleDaemon {
  readonly socket: string;
  readonly roleImageId: string;
}

export async function startRoleDaemon(
  socketGroup = 0,
): Promise<RoleDaemon & { daemon: DockerDaemon }> {
  const daemon = await startDockerDaemon({ networks: 'here', socketGroup });
  return { daemon, socket: daemon.socket, roleImageId: await importRoleImage(daemon) };
}

export async function openDockerWorld(
  isolation: 'segmented' | 'sealed',
  secrets: DockerOptions['secrets'],
  { socket, roleImageId }: RoleDaemon,
  place = tmpdir(),
): Promise<DockerWorld> {
  const stateDir = await mkdtemp(join(place, 'clincher-test-'));
  const container = { image: roleImage, imageIds: [roleImageId], user: testUser, groups: [] };
  const driver = await createDockerDriver({
    stateDir,
    secrets,
    serveArgv: tinyServeArgv,
    healthArgv: [inside.node, `${inside.program}/src/cli/health.ts`],
    variables: dockerEnvironment(socket),
  });
  return {
    driver: { ...driver, apply: (step) => driver.apply(inContainer(step, container)) },
    shape: isolation === 'sealed' ? sealed : segmented,
    stateDir,
    close: () => closeAll(driver, null, stateDir),
  };
}

export interface PlaceChoices {
  /** The folder of the state directory. */
  readonly place?: string;
  readonly serveArgv?: DockerOptions['serveArgv'];
  /** What does the work of the ingress, from an image of its own. */
  readonly ingress?: IngressImage | undefined;
}

/** Our own roles in containers, from the image that clincher makes of them. */
export async function openDockerPlace(
  isolation: 'segmented' | 'sealed' | 'reference',
  secrets: DockerOptions['secrets'],
  { place = tmpdir(), serveArgv = containerArgv.serveArgv, ingress }: PlaceChoices = {},
): Promise<StackPlace & { readonly daemon: DockerDaemon }> {
  const stateDir = await mkdtemp(join(place, 'clincher-test-'));
  const daemon = await startDockerDaemon({ networks: 'here' });
  const variables = dockerEnvironment(daemon.socket);
  const roles = await ensureImage('roles');
  const names = ['roles', ...(ingress === undefined ? [] : [ingress])] as const;
  const withProgram = ingress === undefined ? {} : { ingress: await ensureImage(ingress) };
  await loadIntoDocker(imageStore(), names, { run: runCommand, env: variables });
  const driver = await createDockerDriver({
    ...{ stateDir, secrets, variables, serveArgv },
    healthArgv: containerArgv.healthArgv,
  });
  // A small program stands in for the agent: the roles' image has all that it needs.
  const containers = { roles, openclaw: roles, socketGroup: null, ...withProgram };
  return {
    daemon,
    options: { driver: 'docker', isolation },
    machine: { user: testUser, containers },
    world: { driver, stateDir, close: () => closeAll(driver, daemon, stateDir) },
  };
}

async function closeAll(
  driver: DockerDriver,
  daemon: AsyncDisposable | null,
  stateDir: string,
): Promise<void> {
  await driver.shutdown();
  await daemon?.[Symbol.asyncDispose]();
  await rm(stateDir, { recursive: true, force: true });
}

/** What the stand-ins need: Node, its libraries, and two files of ours. */
async function importRoleImage(daemon: DockerDaemon): Promise<string> {
  const root = join(daemon.folder, 'role');
  const { stdout } = await run(['ldd', process.execPath]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
  const copy = async (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    await copyFile(await realpath(from), join(root, to));
  };
  await copy(process.execPath, inside.node);
  for (const path of libraries) await copy(path, path);
  for (const path of ['src/testing/tiny-serve.ts', 'src/cli/health.ts', 'package.json']) {
    const to = join(root, inside.program, path);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(repositoryRoot, path), to);
  }
  for (const folder of ['tmp', 'run', 'etc', 'usr/lib'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'service:x:1000:1000::/tmp:/none\n');
  const tar = join(daemon.folder, 'role.tar');
  await run(['tar', '--owner=0', '--group=0', '-C', root, '-cf', tar, '.']);
  const imported = await run(
    ['docker', '-H', `unix://${daemon.socket}`, 'import', '-', roleImage],
    { inputFile: tar },
  );
  if (imported.code !== 0) throw new Error(`docker import: ${imported.stderr}`);
  return imported.stdout.trim();
}

function inContainer(step: Step, container: ContainerPlan): Step {
  if (step.kind === 'stop') return step;
  const { service } = step;
  const bridges =
    service.network === 'outside' && service.bridges === undefined
      ? [bridgeEnd('way-out', service.name, 40)]
      : service.bridges;
  // A container takes longer than a jail, and a busy machine longer still.
  const { readyTimeoutMs: wait } = service;
  const readyTimeoutMs = wait < 10_000 ? wait : wait * 3;
  return { ...step, service: { ...service, bridges, container, readyTimeoutMs } };
}

function bridgeEnd(
  kind: BridgeEnd['kind'],
  service: string,
  first: number,
  change = {},
): BridgeEnd {
  const at = (place: number) => `10.251.0.${first + place}`;
  return {
    ...{ bridge: `test-net.${service}`, kind, zone: 'test-net', purpose: 'a test' },
    ...{ end: 'callee', peer: null, subnet: `${at(0)}/29`, gateway: at(1), address: at(2) },
    ...{ calleeAddress: at(2), ...change },
  };
}

const ownPaths = ['/etc/hostname', '/sys'];

/** Ports are published from a bridge, whichever way edges are. */
function door(listen: IngressListen): ReturnType<DriverShape['door']> {
  const end = bridgeEnd('door', 'door', 8);
  return {
    settings: { answerAt: [`tcp:${end.address}:8443`] },
    plan: {
      inherits: [listen],
      bridges: [end],
      answers: [{ edge: 'world--door.https', peer: 'world', address: `tcp:${end.address}:8443` }],
    },
  };
}

const sealed: DriverShape = { ...socketEdge, ownPaths, door };

const segmented: DriverShape = {
  interfaces: { alone: ['lo'], onEdge: ['lo', 'eth0'] },
  edgeFolders: [['supervisor.admin'], 'ENOENT'],
  ownPaths,
  door,
  edge: () => {
    const edge = edgeId('caller', 'callee', 'api');
    const bridge = 'test-net.caller--callee';
    const callee = bridgeEnd('edge', '', 16, { bridge, peer: 'caller' });
    const address = `tcp:${callee.address}:4000`;
    const caller = { bridge, peer: 'callee', end: 'caller', address: '10.251.0.19' };
    return {
      callee: {
        settings: { answerAt: [address] },
        plan: { bridges: [callee], answers: [{ edge, peer: 'caller', address }] },
      },
      caller: {
        settings: {},
        plan: {
          bridges: [bridgeEnd('edge', '', 16, caller)],
          reaches: [{ edge, peer: 'callee', address }],
        },
      },
      address: { host: callee.address, port: 4_000 },
      stranger: 'ENETUNREACH',
    };
  },
};
