// What keeps a stack up for as long as `up` stays in the foreground: our supervisor for jails, and
// Docker for containers.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSupervisor } from '../../drivers/embedded/start-supervisor.ts';
import { type Tending, tend } from '../../drivers/embedded/tend.ts';
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
  const { node: nodePath, program } = readEnvironment();
  const renewing = ['renew', '--config', configFileOf(flags), '--state', stateDir];
  const argv = [nodePath, join(program, 'src/cli/main.ts'), ...renewing];
  const tending = { argv, everyMs: renewEveryMs };
  if (driver.name === 'embedded') {
    return startSupervisor({ stateDir, nodePath, detach: flags.detach === true, tending });
  }
  return keepContainers(driver, tending);
}

/** From here, for as long as this process is there: Docker itself renews nothing. */
export function keepContainers(
  driver: Pick<PreparedStack['driver'], 'isUp' | 'shutdown'>,
  tending: Tending,
): Keeper {
  const over = new AbortController();
  const tended = tend(tending);
  const ended = untilGone(driver, over.signal).finally(() => tended[Symbol.dispose]());
  return {
    ended,
    close: async () => {
      over.abort();
      await ended;
      await driver.shutdown();
    },
  };
}

/** Docker says nothing of its own accord when somebody else takes a stack down. */
async function untilGone(
  driver: Pick<PreparedStack['driver'], 'isUp'>,
  over: AbortSignal,
): Promise<string> {
  let wasUp = false;
  while (!over.aborted) {
    const isUp = await driver.isUp();
    if (wasUp && !isUp) return 'exit code 0';
    wasUp ||= isUp;
    await delay(pollMs, null, { signal: over, ref: false }).catch(() => null);
  }
  return 'exit code 0';
}
