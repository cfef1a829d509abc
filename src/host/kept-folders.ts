// Folders that one service keeps and others see too: where they are on the host, and making them.

import { closeSync, constants, fchmodSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../kit/assert.ts';
import { ClincherError } from '../kit/error.ts';
import type { KeptFolder } from '../plan/model.ts';
import { type HostPaths, plainName } from './host-paths.ts';

export function keptFolder({ of, name }: KeptFolder, paths: HostPaths): string {
  // Right below: whoever could move a folder above it could put a link in its place.
  assert(plainName.test(name), `not a plain name: ${name}`);
  return join(paths.state(of), name);
}

/**
 * Makes it (0700), or takes the folder that is there.
 * @throws ClincherError `state-unusable` when something else is there: a link would be followed,
 *   with the rights of who runs the stack, and its keeper may have put it there
 */
export function makeKeptFolder(folder: KeptFolder, paths: HostPaths): void {
  const path = keptFolder(folder, paths);
  mkdirSync(paths.state(folder.of), { recursive: true, mode: 0o700 });
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  let descriptor: number;
  try {
    const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
    descriptor = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (cause) {
    throw new ClincherError('state-unusable', `${path} is not a folder`, {
      fix: `Look what it is; ${folder.of} may have put it there. Move it away and start again.`,
      cause,
    });
  }
  // By the descriptor: the name could mean something else by now.
  fchmodSync(descriptor, 0o700);
  closeSync(descriptor);
}
