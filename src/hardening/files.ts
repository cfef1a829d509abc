// Reading the host's files below its root, and where a line of them is.

import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../kit/place.ts';
import type { HostWorld } from './model.ts';

/** Null where there is none. */
export async function readHostFile(world: HostWorld, path: string): Promise<string | null> {
  return readFile(join(world.root, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
}

export async function hostHas(world: HostWorld, path: string): Promise<boolean> {
  return access(join(world.root, path)).then(
    () => true,
    () => false,
  );
}

/** Names in a folder that end so, in order; none where there is no such folder. */
export async function hostNames(world: HostWorld, folder: string, end: string): Promise<string[]> {
  const names = await readdir(join(world.root, folder)).catch(() => []);
  return names.filter((name) => name.endsWith(end)).sort();
}

/** The first line of these files that matches; the first file without a line where none does. */
export async function placeOf(
  world: HostWorld,
  files: readonly string[],
  pattern: RegExp,
): Promise<Place> {
  for (const file of files) {
    const lines = (await readHostFile(world, file))?.split('\n') ?? [];
    const index = lines.findIndex((line) => pattern.test(line));
    if (index >= 0) return { file, line: index + 1, column: 1 };
  }
  return { file: files[0] ?? '', line: 0, column: 0 };
}
