// The bundle as it lies in its folder: to see whether another one differs, and to put it back.

import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Secret } from '../../kit/secret.ts';
import { writeBundle } from '../render-monitoring.ts';

/** Path below the folder to content; what the programs collect is no part of it. */
export type KeptBundle = ReadonlyMap<string, string>;

/** What they write themselves. */
export const dataFolder = 'data';

/** Empty where there is none. */
export async function readBundle(folder: string): Promise<KeptBundle> {
  const names = await readdir(folder).catch(() => []);
  const kept = new Map<string, string>();
  for (const name of names.filter((each) => each !== dataFolder)) {
    const all = await readdir(join(folder, name), { recursive: true, withFileTypes: true }).catch(
      () => null,
    );
    const files = (all ?? []).filter((entry) => entry.isFile());
    const paths = files.map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    for (const path of all === null ? [name] : paths) {
      kept.set(path, await readFile(join(folder, path), 'utf8'));
    }
  }
  return kept;
}

export function isSame(a: KeptBundle, b: KeptBundle): boolean {
  return a.size === b.size && [...a].every(([path, content]) => b.get(path) === content);
}

export async function putBack(folder: string, kept: KeptBundle): Promise<void> {
  const isSecret = (path: string) => path.startsWith('secrets/');
  const all = [...kept].map(([path, content]) => ({ path, content }));
  await writeBundle(
    folder,
    all.filter(({ path }) => !isSecret(path)),
    all
      .filter(({ path }) => isSecret(path))
      .map(({ path, content }) => ({ path, value: new Secret(content) })),
  );
}
