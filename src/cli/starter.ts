// Writes the starter clincher.yaml where there is none; with `wx`, so that two at once cannot
// overwrite.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { schemaFile } from '../config/schema-json.ts';
import { starterText } from '../config/starter.ts';
import { readEnvironment } from './env.ts';

/** Resolves to whether it wrote one. */
export async function writeStarter(path: string): Promise<boolean> {
  const schema = pathToFileURL(join(readEnvironment().program, schemaFile)).href;
  try {
    await writeFile(path, starterText(schema), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
