// The shared libraries that programs need, and those need in turn, found below a root folder the
// way the loader would find them, as files of an image.

import { access, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import { readElf } from './elf.ts';
import type { LayerFile } from './image.ts';

/**
 * Where the loader looks of itself. What an image has elsewhere it would find only with a cache,
 * which the image has not.
 */
const folders = [
  ...['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((name) => [
    `/lib/${name}`,
    `/usr/lib/${name}`,
  ]),
  ...['/lib64', '/usr/lib64', '/lib', '/usr/lib'],
];
const executable = 0o755;

/**
 * @param programs absolute, below `root`: which is `/` for this machine's own
 * @throws ClincherError `image-input` naming the library that is not there
 */
export async function librariesOf(
  programs: readonly string[],
  root: string,
): Promise<readonly LayerFile[]> {
  const found = new Map<string, LayerFile>();
  const waiting = programs.map((path) => ({ path, who: path }));
  const add = async (path: string, who: string) => {
    const inside = merged(path);
    if (found.has(inside)) return;
    const from = await realpath(join(root, path)).catch(() => {
      throw unusable(`${who} is not there: ${path}`);
    });
    found.set(inside, { path: inside, kind: 'copy', mode: executable, from });
    waiting.push({ path, who });
  };
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, who } = next;
    const program = readElf(await readFile(await realpath(join(root, path))));
    if (program === null) throw unusable(`${who} is not a program for this kind of machine`);
    // The loader's path is written into the program: it must be there under that very name.
    if (program.interpreter !== null) await add(program.interpreter, 'the loader');
    const own = program.runpath.map((each) => each.replace('$ORIGIN', dirname(path)));
    for (const name of program.needed) {
      const place = await find(root, name, [...own, ...folders]);
      if (place === null) throw unusable(`${who} needs ${name}, which is not where libraries are`);
      await add(place, `${name}, needed by ${basename(path)},`);
    }
  }
  return [...found.values()];
}

/**
 * Those that a program from elsewhere needs, as files of this root: two C libraries in one image
 * are no pair.
 * @throws ClincherError `image-input`
 */
export async function librariesFor(program: string, root: string): Promise<readonly LayerFile[]> {
  const needed = readElf(await readFile(program))?.needed ?? [];
  const places = await Promise.all(needed.map((name) => find(root, name, folders)));
  const missing = needed.filter((_, index) => places[index] === null);
  if (missing.length > 0) throw unusable(`${program} needs ${missing.join(', ')}`);
  const found = places.flatMap((place) => place ?? []);
  const files = await Promise.all(
    found.map(async (path): Promise<LayerFile> => {
      const from = await realpath(join(root, path));
      return { path: merged(path), kind: 'copy', mode: executable, from };
    }),
  );
  return [...files, ...(await librariesOf(found, root))];
}

async function find(root: string, name: string, places: readonly string[]): Promise<string | null> {
  for (const place of places) {
    const path = join(place, name);
    const there = await access(join(root, path)).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return null;
}

/**
 * /lib and the like are links into /usr in every image, so that it looks the same whether they are
 * where its files come from.
 */
export function merged(path: string): string {
  return /^\/(?:bin|sbin|lib|lib64)(?:\/|$)/.test(path) ? `/usr${path}` : path;
}

export const mergedFolders: readonly LayerFile[] = ['bin', 'sbin', 'lib', 'lib64'].flatMap(
  (name): readonly LayerFile[] => [
    { path: `/usr/${name}`, kind: 'folder', mode: 0o755 },
    { path: `/${name}`, kind: 'link', to: `usr/${name}` },
  ],
);

function unusable(message: string): ClincherError {
  return new ClincherError('image-input', message, {
    fix: 'Install what is missing, or build the image on another machine and use `clincher image save` and `load`.',
  });
}
