// What the commands ask of a stack that runs, or does not.

import type { Observed } from '../drivers/driver.ts';
import { createEmbeddedDriver, type EmbeddedDriver } from '../drivers/embedded/create-driver.ts';
import type { SecretSource } from '../host/bundle.ts';
import { ClincherError } from '../kit/error.ts';
import { readEnvironment } from './env.ts';
import { serveArgv } from './installation.ts';

/** For asking and stopping only: what it starts would have no secrets. */
export function openDriver(
  stateDir: string,
  secrets: SecretSource = async () => null,
): Promise<EmbeddedDriver> {
  const { program, node } = readEnvironment();
  return createEmbeddedDriver({
    programRoot: program,
    nodePath: node,
    stateDir,
    serveArgv,
    secrets,
  });
}

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
export async function requireRunning(
  driver: EmbeddedDriver,
  service: string | null,
): Promise<Observed> {
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
