// A throw-away copy of the declared stack to plant holes in: its own state directory, port and
// secrets, the demonstration provider in place of all others, a small program in place of the
// agent, and a Docker daemon that is none. Nothing of the user's is started, held or asked.

import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSupervisor } from '../../drivers/embedded/start-supervisor.ts';
import { ClincherError } from '../../kit/error.ts';
import { systemWorld } from '../../kit/world.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { StackOptions } from '../../topology/options.ts';
import { standardTopology } from '../../topology/standard.ts';
import { type StackCopy, withStandIn } from '../../verify/selftest/stack-copy.ts';
import { readEnvironment } from '../env.ts';
import type { StackFlags } from '../flags.ts';
import { thisMachine } from '../installation.ts';
import { openDriver } from '../running.ts';
import { generateSecrets } from '../secrets/generate.ts';
import { resolveSecrets } from '../secrets/resolve.ts';
import { generatedStore, userStore } from '../secrets/stores.ts';
import { declareStack } from '../stack.ts';
import { applySteps } from '../up/apply.ts';
import { certificates } from '../up/prepare.ts';

export interface OpenedCopy extends StackCopy, AsyncDisposable {}

/** @throws ClincherError what bringing a stack up throws */
export async function openCopy(flags: StackFlags): Promise<OpenedCopy> {
  const { options, dir } = await declareStack({ ...flags, demo: true, driver: 'embedded' });
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'clincher-selftest-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const stateDir = join(folder, 'state');
  for (const name of ['state', 'planted', 'agent'])
    await mkdir(join(folder, name), { mode: 0o700 });
  const socket = join(folder, 'docker.sock');
  await listen({ path: socket }, opened);
  const topology = standardTopology(copied(options, socket, await freePort()));
  const generated = generatedStore(stateDir);
  await generateSecrets(
    topology.secrets,
    { host: 'localhost', foreign: false },
    generated,
    systemWorld(),
    certificates,
  );
  const { values } = await resolveSecrets(topology.secrets, {
    ...{ variables: {}, baseDir: dir, generated, stored: userStore(stateDir) },
  });
  const { uid, gid } = readEnvironment();
  const user = uid === 0 ? { uid: 1_000, gid: 1_000 } : { uid, gid };
  const machine = { ...thisMachine('0', stateDir), user, agentRoot: join(folder, 'agent') };
  const plan = withStandIn(makePlan(topology, machine));
  const nodePath = readEnvironment().node;
  const supervisor = await startSupervisor({ stateDir, nodePath, detach: false });
  opened.defer(() => supervisor.close());
  const secrets = async (name: string) => values.get(name) ?? null;
  const driver = opened.use(await openDriver(stateDir, { driver: 'embedded', secrets }));
  const [lack] = (await driver.preflight(plan)).filter(({ severity }) => severity === 'fatal');
  if (lack !== undefined)
    throw new ClincherError('system-refused', lack.message, { fix: lack.fix });
  const steps = plan.services.map((service) => ({ kind: 'start' as const, service }));
  await applySteps(steps, (step) => driver.apply(step), { waitingFor: () => {} });
  const kept = opened.move();
  return {
    ...{ topology, plan, driver, folder, stateDir, secrets: values },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What the user's own services, hosts and front would bring along stays out of it. */
function copied(options: StackOptions, socket: string, port: number): StackOptions {
  const { cache: _, ...rest } = options;
  const { sandbox, ingress, egress } = options;
  return {
    ...rest,
    ...{ preset: 'default', isolation: 'sealed', services: [], edges: [], monitoring: null },
    ...{ redis: undefined, alarms: undefined, keys: undefined },
    // So that there is an allowed host to attack by, and none to reach.
    egress: {
      ...egress,
      ...{ globalAllow: [], globalDeny: [], resolve: {}, unsafeAllowAddresses: [] },
      rules: [{ caller: 'gateway', hosts: ['*.selftest.example'], ports: [443], at: egress.at }],
    },
    sandbox: { ...sandbox, backend: 'docker', docker: { ...sandbox.docker, socket } },
    ingress: {
      ...{ ...ingress, tls: 'local', cloudflare: null },
      listen: { host: '127.0.0.1', port },
      origin: `https://localhost:${port}`,
    },
  };
}

async function listen(at: ListenOptions, opened: AsyncDisposableStack): Promise<void> {
  const server = createServer((socket) => socket.destroy()).listen(at);
  await once(server, 'listening');
  opened.defer(() => new Promise((resolve) => server.close(() => resolve())));
}

/** It was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
