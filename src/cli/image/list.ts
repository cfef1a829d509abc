// `clincher image list`: what has been built, and whether Docker has it.

import { inDocker } from '../../images/docker.ts';
import { ClincherError } from '../../kit/error.ts';
import { runCommand } from '../../kit/run-command.ts';
import { imageStore } from './own.ts';
import type { ListedImage } from './text.ts';

export async function listImages(): Promise<readonly ListedImage[]> {
  const images = await imageStore().images();
  const docker = { run: runCommand };
  return Promise.all(
    images.map(async (image) => ({ ...image, inDocker: await known(inDocker(image, docker)) })),
  );
}

/** Who has no Docker, or none that runs, still sees what has been built. */
async function known(answer: Promise<boolean>): Promise<boolean | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ClincherError && error.code === 'docker-unreachable') return null;
    throw error;
  }
}
