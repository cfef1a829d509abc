// Runs the agent's own command line inside the gateway's jail, on this terminal.

import { agentCommand, agentEnvironment } from '../plan/gateway-plan.ts';
import { openDriver, requireRunning } from './running.ts';

/** The service that holds the agent. */
const gateway = 'gateway';

/** Resolves to the agent's exit code. */
export async function runInAgent(stateDir: string, args: readonly string[]): Promise<number> {
  await using driver = await openDriver(stateDir);
  await requireRunning(driver, gateway);
  return driver.exec(gateway, [...agentCommand, ...args], agentEnvironment);
}
