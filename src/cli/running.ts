// What the commands ask of a stack that runs, or does not.

import type { Driver, Observed } from '../drivers/driver.ts';
import { createEmbeddedDriver } from '../drivers/embedded/create-driver.ts';
import type { RepeatOrder } from '../drivers/embedded/messages.ts';
import type { SecretSource } from '../host/bundle.ts';
import { ClincherError } from '../kit/error.ts';
import type { DriverName, SwarmMachines } from '../topology/model.ts';
import { readEnvironment } from './env.ts';
import { containerArgv, serveArgv } from './installation.ts';
import { readRecord } from './record.ts';

/** What the commands ask of any driver beyond the driver's door. */
export interface StackDriver extends Driver {
  /** Takes everything down. False when nothing ran. */
  shutdown(): Promise<boolean>;
  /** Whether something keeps services up, or would. */
  isUp(): Promise<boolean>;
  /** Has it run from now on; null: nothing. Without anyone who stays with the stack, nothing is. */
  repeat(order: RepeatOrder | null): Promise<void>;
}

interface DriverChoice {
  /** Left out: that of what was brought up last. */
  readonly driver?: DriverName;
  /** Of `driver: swarm`; left out: those of what was brought up last. */
  readonly swarm?: SwarmMachines | undefined;
  /** Left out for asking and stopping: what is started so has no secrets. */
  readonly secrets?: SecretSource;
}

export async function openDriver(
  stateDir: string,
  { driver, swarm, secrets = async () => null }: DriverChoice = {},
): Promise<StackDriver> {
  const record = await readRecord(stateDir);
  const chosen = driver ?? record?.topology.driver ?? 'embedded';
  const { program, node, variables } = readEnvironment();
  if (chosen === 'embedded') {
    const installed = { programRoot: program, nodePath: node };
    const jails = await createEmbeddedDriver({ ...installed, stateDir, serveArgv, secrets });
    return { ...jails, isUp: async () => (await jails.supervisor()) !== null };
  }
  // Who brings up jails does not wait for what Docker needs.
  const docker = { stateDir, secrets, variables, ...containerArgv };
  if (chosen === 'swarm') {
    const { createSwarmDriver } = await import('../drivers/docker/swarm/create-driver.ts');
    const machines = swarm ?? record?.topology.swarm ?? thisDockerAlone;
    return { ...(await createSwarmDriver({ ...docker, machines })), repeat: async () => {} };
  }
  const { createDockerDriver } = await import('../drivers/docker/create-driver.ts');
  const containers = await createDockerDriver(docker);
  return { ...containers, repeat: async () => {} };
}

/** Where nothing is said of nodes. */
export const thisDockerAlone: SwarmMachines = { nodes: [], encrypted: true };

export async function observeRunning(stateDir: string): Promise<Observed> {
  await using driver = await openDriver(stateDir);
  return driver.observe();
}

/** Resolves to whether anything ran. */
export async function stopStack(stateDir: string): Promise<boolean> {
  await using driver = await openDriver(stateDir);
  return driver.shutdown();
}

/** @throws ClincherError `not-running`, `unknown-service` */
export async function requireRunning(driver: Driver, service: string | null): Promise<Observed> {
  const observed = await driver.observe();
  if (observed.services.length === 0) {
    throw new ClincherError('not-running', 'no stack is running from this state directory', {
      fix: 'Start it with: clincher up',
    });
  }
  const names = observed.services.map(({ name }) => name);
  if (service === null || names.includes(service)) return observed;
  throw new ClincherError('unknown-service', `there is no service ${JSON.stringify(service)}`, {
    fix: `Running: ${names.join(', ')}.`,
  });
}
