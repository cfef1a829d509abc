// Restarts one service or all of them, exactly as they were brought up.

import { ClincherError } from '../kit/error.ts';
import type { StackFlags } from './flags.ts';
import { prepareStack, rememberFlags } from './prepared.ts';
import { requireRunning } from './running.ts';
import { applySteps } from './up/apply.ts';

/**
 * Resolves to the names of what was restarted.
 * @throws ClincherError `not-running`, `unknown-service`, `usage` when the declaration has changed
 * since
 */
export async function restartServices(
  flags: StackFlags,
  stateDir: string,
  service: string | null,
): Promise<readonly string[]> {
  const stack = await prepareStack(await rememberFlags(flags, stateDir), stateDir);
  await using driver = stack.driver;
  const { services } = await requireRunning(driver, service);
  const running = new Map(services.map((each) => [each.name, each.hash]));
  const chosen = stack.plan.services.filter(({ name }) => service === null || name === service);
  if (chosen.some(({ name, hash }) => running.get(name) !== hash)) {
    throw new ClincherError(
      'usage',
      'what is declared has changed since the stack was brought up',
      {
        fix: 'clincher plan shows the change; clincher up makes it.',
      },
    );
  }
  const steps = chosen.map((each) => ({ kind: 'replace' as const, service: each }));
  await applySteps(steps, (step) => driver.apply(step), { waitingFor: () => undefined });
  return chosen.map(({ name }) => name);
}
