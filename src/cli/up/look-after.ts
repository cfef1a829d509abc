// What the stack does by itself once it is up: it looks, from time to time, whether what runs is
// still what was declared.

import { join } from 'node:path';
import type { RepeatOrder } from '../../host/repeater.ts';
import { readEnvironment } from '../env.ts';
import type { StackFlags } from '../flags.ts';
import type { PreparedStack } from '../prepared.ts';
import type { Progress } from '../progress.ts';

const everyMs = 3_600_000;

/**
 * By the supervisor of the jails; of containers by this process, where it stays with them, and else
 * by nobody: docs/verify.md says what to set up.
 */
export async function lookAfter(
  { driver, declared, stateDir }: PreparedStack,
  flags: StackFlags,
  progress: Pick<Progress, 'warn'>,
): Promise<void> {
  const every = declared.options.verifyEveryMs;
  try {
    await driver.repeat(every === null ? null : order(flags, stateDir, every ?? everyMs));
  } catch (error) {
    // A supervisor that another version of clincher has started does not know what is asked.
    progress.warn(`The stack does not look at its own isolation: ${(error as Error).message}.`);
  }
}

function order(flags: StackFlags, stateDir: string, everyMs: number): RepeatOrder {
  const { node, program, uid, gid, cwd, variables } = readEnvironment();
  const PATH = variables.PATH ?? '/usr/bin:/bin';
  return {
    argv: [
      ...[node, join(program, 'src/cli/main.ts'), 'verify', '--unattended'],
      ...['--config', flags.config, '--state', stateDir],
    ],
    // As it was named for `up`: the places in the plan begin with that name.
    cwd,
    // In the supervisor's user namespace everybody is user 0.
    env: { PATH, LANG: 'C.UTF-8', CLINCHER_USER: `${uid}:${gid}` },
    everyMs,
  };
}
