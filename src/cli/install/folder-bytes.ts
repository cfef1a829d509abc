// How large a folder is by now: the measure behind the progress bar of an installation.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files below `dir`; what comes and goes while it looks is passed over. */
export async function folderBytes(dir: string): Promise<number> {
  let total = 0;
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) total += await folderBytes(path);
    else if (entry.isFile()) total += await stat(path).then(({ size }) => size, nothing);
  }
  return total;
}

function nothing(): number {
  return 0;
}
