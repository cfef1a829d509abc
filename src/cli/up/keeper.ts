// What keeps a stack up for as long as `up` stays in the foreground: our supervisor for jails, and
// Docker for containers.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSupervisor } from '../../drivers/embedded/start-supervisor.ts';
import { readEnvironment } from '../env.ts';
import { configFileOf, type UpFlags } from '../flags.ts';
import type { PreparedStack } from '../prepared.ts';

export interface Keeper {
  /** Resolves when nothing is up any more, to how: `exit code 0`. */
  readonly ended: Promise<string>;
  /** Takes the stack down; resolves when nothing of it runs. */
  close(): Promise<void>;
}

const pollMs = 2_000;
/** A look costs nothing where nothing is due; how rarely a CA is asked, it knows for itself. */
const renewEveryMs = 3_600_000;

export async function startKeeper(stack: PreparedStack, flags: UpFlags): Promise<Keeper> {
  const { stateDir, driver } = stack;
  if (driver.name === 'embedded') {
    const { node: nodePath, program } = readEnvironment();
    const renewing = ['renew', '--config', configFileOf(flags), '--state', stateDir];
    const argv = [nodePath, join(program, 'src/cli/main.ts'), ...renewing];
    const tending = { argv, everyMs: renewEveryMs };
    return startSupervisor({ stateDir, nodePath, detach: flags.detach === true, tending });
  }
  const over = new AbortController();
  return {
    ended: untilGone(driver, over.signal),
    close: async () => {
      over.abort();
      await driver.shutdown();
    },
  };
}

/** Docker says nothing of its own accord when somebody else takes a stack down. */
async function untilGone(driver: PreparedStack['driver'], over: AbortSignal): Promise<string> {
  let wasUp = false;
  while (!over.aborted) {
    const isUp = await driver.isUp();
    if (wasUp && !isUp) return 'exit code 0';
    wasUp ||= isUp;
    await delay(pollMs, null, { signal: over, ref: false }).catch(() => null);
  }
  return 'exit code 0';
}
