// Every single thing that a family finds to take out, one at a time: a file as it would be without.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Family } from './families.ts';

export interface Mutant {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly before: string;
  readonly text: string;
}

export function mutantsOf({ files, line, without }: Family, root: string): readonly Mutant[] {
  const every = new RegExp(line, 'g');
  return files.flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    return lines.flatMap((text, index) =>
      [...text.matchAll(every)].flatMap((match) => {
        const changed = replacedAt(text, match, line, without);
        if (changed === text) return [];
        const all = lines.with(index, changed).join('\n');
        return [{ file, line: index + 1, before: text.trim(), text: all }];
      }),
    );
  });
}

/** Only this one of the line's matches. */
function replacedAt(text: string, match: RegExpMatchArray, line: RegExp, without: string): string {
  const at = match.index ?? 0;
  const sticky = new RegExp(line, 'y');
  sticky.lastIndex = at;
  // A lookbehind sees what stands before.
  return text.replace(sticky, without);
}
