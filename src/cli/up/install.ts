// The second part of `up`: what must be on the machine, installed where it is not.

import { runCommand } from '../../kit/run-command.ts';
import { readEnvironment } from '../env.ts';
import { ensureNpmPackage, type NpmPackage } from '../install/npm-package.ts';
import { onnxRuntime } from '../install/onnx-runtime.ts';
import { openclawPackage } from '../install/openclaw.ts';
import { bubblewrap, requireIngressProgram, sshSandboxPackages } from '../install/packages.ts';
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
  stateDir: string,
  progress: Progress,
): Promise<void> {
  if (options.driver !== 'embedded') {
    const { installImages } = await import('./install-images.ts');
    return installImages(options, stateDir, progress);
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
  const { program } = options.ingress;
  if (program !== undefined) requireIngressProgram(program.name, variables.PATH ?? '');
  const fetch = (wanted: NpmPackage) =>
    progress.phase(`${wanted.title} ${wanted.version}`, async (update) => {
      const world = { cacheDir: cacheDir(), node, variables, run: runCommand, update };
      const installed = await ensureNpmPackage(wanted, world);
      return installed ? `installed into .cache (${wanted.megabytes} MB)` : null;
    });
  await fetch(openclawPackage(options.agent.version));
  if (options.cache?.embedding?.kind === 'onnx') await fetch(onnxRuntime);
}
