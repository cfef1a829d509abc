// A Compose file of somebody else's, with the files beside it that it names: read, bounded, and
// judged.

import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readConfigFile } from '../config/read-file.ts';
import type { Finding } from '../kit/finding.ts';
import { filesNamed, readComposeFile } from '../stacks/compose-file.ts';
import { checkStack } from '../stacks/index.ts';

const filesMax = 100;

/**
 * `looked` says what was looked at.
 * @throws ClincherError `config-missing`, `config-unreadable`, `config-invalid`
 */
export async function foundFindings(
  file: string,
  agent: string | null,
): Promise<{ readonly findings: readonly Finding[]; readonly looked: string }> {
  const text = await readConfigFile(file);
  const files = await readBeside(dirname(file), filesNamed(text, file));
  const stack = readComposeFile(text, file, files);
  const looked = `${stack.services.length} services, with ${files.size} files beside ${file}`;
  return { findings: checkStack(stack, agent), looked };
}

/** What is not there, no text, or too large is left out: the checks say what was not read. */
async function readBeside(
  folder: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const path of paths) {
    const inner = await readdir(join(folder, path)).catch(() => null);
    for (const one of inner === null ? [path] : inner.map((name) => join(path, name))) {
      if (found.size >= filesMax) return found;
      const text = await readConfigFile(join(folder, one)).catch(() => null);
      if (text !== null) found.set(one, text);
    }
  }
  return found;
}
