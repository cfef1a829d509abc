// A folder of this machine as files of an image: what may be run stays so, and nobody's further
// rights or marks come along.

import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { LayerFile } from './image.ts';

const anyonesExecute = 0o111;

/** Files, links and folders below `from`; `wanted` is asked with the path below it. */
export async function treeFiles(
  from: string,
  into: string,
  wanted: (path: string) => boolean = () => true,
): Promise<readonly LayerFile[]> {
  // With their types: by names alone readdir goes through links to folders.
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const names = entries.map(({ parentPath, name }) => relative(from, join(parentPath, name)));
  const files = await Promise.all(
    names.filter(wanted).map((name) => fileOf(join(from, name), `${into}/${name}`)),
  );
  return files.filter((file) => file !== null);
}

async function fileOf(from: string, path: string): Promise<LayerFile | null> {
  const about = await lstat(from);
  if (about.isSymbolicLink()) return { path, kind: 'link', to: await readlink(from) };
  if (about.isDirectory()) return { path, kind: 'folder', mode: 0o755 };
  // A device, a socket or a pipe is not content.
  if (!about.isFile()) return null;
  return { path, kind: 'copy', mode: about.mode & anyonesExecute ? 0o755 : 0o644, from };
}
