// Whether files are as they were, without reading them: the key of a layer that is made of them.

import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A digest of names, sizes and dates of files and of what is in folders; hexadecimal. */
export async function stampOf(what: string, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(what);
  for (const path of paths) await add(hash, path);
  return hash.digest('hex');
}

async function add(hash: ReturnType<typeof createHash>, path: string): Promise<void> {
  const about = await lstat(path, { bigint: true }).catch(() => null);
  hash.update(`\0${path}\0${about?.mode}\0${about?.size}\0${about?.mtimeNs}`);
  if (about?.isDirectory() !== true) return;
  for (const name of (await readdir(path)).sort()) await add(hash, join(path, name));
}
