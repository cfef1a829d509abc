// The state directory: made for its owner alone, and refused when someone else could read or change
// it.

import { chmod, lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClincherError } from '../kit/error.ts';

/**
 * Makes the directory (0700) or takes the one that is there. A `.gitignore` in it keeps secrets out
 * of commits.
 * @throws ClincherError `state-unusable`
 */
export async function openStateDir(path: string, uid: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const found = await lstat(path);
    if (!found.isDirectory()) throw unusable(path, 'it is not a directory');
    if (found.uid !== uid)
      throw unusable(path, `it belongs to user ${found.uid}, and you are ${uid}`);
    await chmod(path, 0o700);
    if ((await readdir(path)).length === 0) await writeFile(join(path, '.gitignore'), '*\n');
  } catch (error) {
    if (error instanceof ClincherError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw error;
    throw unusable(path, message, error);
  }
}

function unusable(path: string, why: string, cause?: unknown): ClincherError {
  return new ClincherError('state-unusable', `the state directory ${path} cannot be used: ${why}`, {
    fix: 'Name another with --state DIR, or run as the user it belongs to.',
    cause,
  });
}
