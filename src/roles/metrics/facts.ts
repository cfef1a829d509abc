// What the host notes for metrics, a file of exposition text for each who notes something: when it
// verified, when it backed up, when its certificates end. Bounded, as what a service writes is.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const filesMax = 32;

export const factsEnding = '.prom';

/** All of them as one text; what cannot be read is as if it were not there. */
export async function readFacts(folder: string, bytesMax: number): Promise<string> {
  const all = await readdir(folder).catch(() => []);
  const names = all.filter((name) => name.endsWith(factsEnding)).sort();
  const texts = await Promise.all(
    names.slice(0, filesMax).map((name) => readBounded(join(folder, name), bytesMax)),
  );
  return texts.join('\n');
}

async function readBounded(path: string, bytesMax: number): Promise<string> {
  try {
    const { size } = await stat(path);
    return size > bytesMax ? '' : await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
