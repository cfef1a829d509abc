// The second part of `up`: what must be on the machine, installed where it is not.

import { readEnvironment } from '../env.ts';
import { ensureBubblewrap } from '../install/bubblewrap.ts';
import { runCommand } from '../install/command.ts';
import { ensureOpenclaw, openclawMegabytes } from '../install/openclaw.ts';
import { cacheDir } from '../installation.ts';
import type { Progress } from '../progress.ts';
import type { DeclaredStack } from '../stack.ts';

/** @throws ClincherError `bubblewrap-missing`, `install-failed`, `agent-missing`, `disk-full` */
export async function installWhatIsMissing(
  { options }: DeclaredStack,
  progress: Progress,
): Promise<void> {
  const { variables, uid, node } = readEnvironment();
  await progress.phase('bubblewrap', async (update) => {
    const installed = await ensureBubblewrap({
      path: variables.PATH ?? '',
      isRoot: uid === 0,
      run: runCommand,
      say: update,
    });
    return installed ? 'installed with the package manager' : null;
  });
  const { version } = options.agent;
  await progress.phase(`OpenClaw ${version}`, async (update) => {
    const installed = await ensureOpenclaw(version, {
      cacheDir: cacheDir(),
      node,
      variables,
      run: runCommand,
      update,
    });
    return installed ? `installed into .cache (${openclawMegabytes} MB)` : null;
  });
}
