// What containers need of this machine: the images, made where they are not there, and loaded into
// Docker where it has not got them.

import { loadIntoDocker } from '../../images/docker.ts';
import { runCommand } from '../../kit/run-command.ts';
import type { StackOptions } from '../../topology/options.ts';
import type { OwnImage } from '../../topology/own-images.ts';
import { ensureImage, imageStore } from '../image/own.ts';
import type { Progress } from '../progress.ts';

/**
 * @throws ClincherError `image-input`, `packages-unavailable`, `agent-missing`,
 * `docker-unreachable`, `disk-full`
 */
export async function installImages(
  { agent: { version: agentVersion }, sandbox, ingress: { program } }: StackOptions,
  progress: Progress,
): Promise<void> {
  const isOurs = sandbox.backend === 'docker' && sandbox.docker.image === null;
  const needed: readonly OwnImage[] = [
    ...(['roles', 'openclaw', ...(isOurs ? ['sandbox' as const] : [])] as const),
    ...(program === undefined ? [] : [program.name]),
  ];
  for (const name of needed) {
    await progress.phase(`image ${name}`, async (update) => {
      const { reference } = await ensureImage(name, { agentVersion, update });
      const loaded = await loadIntoDocker(imageStore(), [name], { run: runCommand });
      return loaded.length === 0 ? null : `${reference} loaded into Docker`;
    });
  }
}
