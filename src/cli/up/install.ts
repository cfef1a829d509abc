// The second part of `up`: what must be on the machine, installed where it is not.

import { runCommand } from '../../kit/run-command.ts';
import { readEnvironment } from '../env.ts';
import { ensureOpenclaw, openclawMegabytes } from '../install/openclaw.ts';
import { bubblewrap, sshSandboxPackages } from '../install/packages.ts';
import { ensurePackage, type SystemPackage } from '../install/system-package.ts';
import { cacheDir } from '../installation.ts';
import type { Progress } from '../progress.ts';
import type { DeclaredStack } from '../stack.ts';

/**
 * @throws ClincherError `bubblewrap-missing`, `program-missing`, `install-failed`, `agent-missing`,
 * `disk-full`
 */
export async function installWhatIsMissing(
  { options }: DeclaredStack,
  progress: Progress,
): Promise<void> {
  if (options.driver !== 'embedded') {
    const { installImages } = await import('./install-images.ts');
    return installImages(options.agent.version, progress);
  }
  const { variables, uid, node } = readEnvironment();
  const install = (wanted: SystemPackage) =>
    progress.phase(wanted.name, async (update) => {
      const path = variables.PATH ?? '';
      const world = { path, isRoot: uid === 0, run: runCommand, say: update };
      const installed = await ensurePackage(world, wanted);
      return installed ? 'installed with the package manager' : null;
    });
  await install(bubblewrap);
  if (options.sandbox.backend === 'ssh') {
    for (const wanted of sshSandboxPackages) await install(wanted);
  }
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
