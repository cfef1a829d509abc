// `clincher render upstream`: the reference's stack with its own programs, to be held against one
// of ours.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { renderUpstream as filesOf } from '../render/upstream/index.ts';
import { referenceBeside } from '../topology/standard.ts';
import { readEnvironment } from './env.ts';
import type { StackFlags } from './flags.ts';
import { output } from './output.ts';
import { declareStack } from './stack.ts';

/** @throws ClincherError `config-*`, `usage` */
export async function renderUpstream(flags: StackFlags, out: string | null): Promise<void> {
  const { options } = await declareStack(flags);
  const files = filesOf(referenceBeside(options));
  if (out === null) {
    for (const { path, content } of files) output.line(`# ${path}\n${content.trimEnd()}\n`);
    return;
  }
  const folder = resolve(readEnvironment().cwd, out);
  for (const { path, content } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  output.line(
    `wrote ${files.length} files to ${out}; its keys go into .env, as .env.example has it`,
  );
}
