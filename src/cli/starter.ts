// Writes the starter clincher.yaml where there is none; with `wx`, so that two at once cannot
// overwrite.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FromOpenclaw, fromOpenclaw } from '../config/from-openclaw.ts';
import { readConfigFile } from '../config/read-file.ts';
import { schemaFile } from '../config/schema-json.ts';
import { starterText } from '../config/starter.ts';
import { readEnvironment } from './env.ts';

/** Resolves to whether it wrote one. */
export async function writeStarter(path: string): Promise<boolean> {
  const schema = pathToFileURL(join(readEnvironment().program, schemaFile)).href;
  return await writeNew(path, starterText(schema));
}

/**
 * From the settings of an OpenClaw that somebody has. Null where there is a clincher.yaml already.
 * @throws ClincherError `config-missing`, `config-unreadable`
 */
export async function writeFromOpenclaw(path: string, from: string): Promise<FromOpenclaw | null> {
  const made = fromOpenclaw(await readConfigFile(from), from);
  return (await writeNew(path, made.text)) ? made : null;
}

async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
