// What the commands ask of a stack that runs, or does not.

import { mkdir } from 'node:fs/promises';
import type { Variables } from '../drivers/docker/docker-cli.ts';
import type { Driver, Observed } from '../drivers/driver.ts';
import { createEmbeddedDriver } from '../drivers/embedded/create-driver.ts';
import type { SecretSource } from '../host/bundle.ts';
import { hostPaths } from '../host/host-paths.ts';
import { openLogFile } from '../host/log-file.ts';
import { Repeater, type RepeatOrder, repeatLog } from '../host/repeater.ts';
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
  /** Has it run from now on, for as long as somebody stays with the stack; null: nothing. */
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
    return repeatedHere(await createSwarmDriver({ ...docker, machines }), stateDir, variables);
  }
  const { createDockerDriver } = await import('../drivers/docker/create-driver.ts');
  return repeatedHere(await createDockerDriver(docker), stateDir, variables);
}

/**
 * Beside containers nothing of ours stays but the process that brought them up, where it is in the
 * foreground or a unit of the system's. What a supervisor would repeat is repeated by it, until the
 * stack is taken down or the driver let go.
 */
export function repeatedHere(
  driver: Omit<StackDriver, 'repeat'>,
  stateDir: string,
  variables: Variables,
): StackDriver {
  const paths = hostPaths(stateDir);
  const repeater = new Repeater(openLogFile(paths.log(repeatLog)));
  return {
    ...driver,
    repeat: async (order) => {
      await mkdir(paths.logs, { recursive: true, mode: 0o700 });
      const { dockerVariables } = await import('../drivers/docker/docker-cli.ts');
      // How Docker is reached is known to the shell that brought the stack up.
      const env = { ...dockerVariables(variables), ...order?.env };
      repeater.order(order === null ? null : { ...order, env });
    },
    shutdown: async () => {
      repeater.stop();
      return driver.shutdown();
    },
    [Symbol.asyncDispose]: async () => {
      repeater.stop();
      await driver[Symbol.asyncDispose]();
    },
  };
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
