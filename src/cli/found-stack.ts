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
  const files = await readAll(text, file);
  const stack = readComposeFile(text, file, files);
  const looked = `${stack.services.length} services, with ${files.size} files beside ${file}`;
  return { findings: checkStack(stack, agent), looked };
}

/** What one names may name more. */
async function readAll(text: string, file: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const asked = new Set<string>();
  for (let more = true; more; ) {
    const paths = filesNamed(text, file, found).filter((path) => !asked.has(path));
    for (const path of paths) asked.add(path);
    await readBeside(dirname(file), paths, found);
    more = paths.length > 0;
  }
  return found;
}

/** What is not there, no text, or too large is left out: the checks say what was not read. */
async function readBeside(
  folder: string,
  paths: readonly string[],
  found: Map<string, string>,
): Promise<void> {
  for (const path of paths) {
    const inner = await readdir(join(folder, path)).catch(() => null);
    for (const one of inner === null ? [path] : inner.map((name) => join(path, name))) {
      if (found.size >= filesMax) return;
      const text = await readConfigFile(join(folder, one)).catch(() => null);
      if (text !== null) found.set(one, text);
    }
  }
}
