// nginx's configuration language as text: blocks, statements, and words quoted so that a value of
// the user's stays one word, whatever it holds.

import { ClincherError } from '../../../kit/error.ts';

export type Line = string | Block;

export interface Block {
  readonly head: string;
  readonly lines: readonly Line[];
}

export function block(head: string, lines: readonly Line[]): Block {
  return { head, lines };
}

export function text(lines: readonly Line[], depth = 0): string {
  const indent = '  '.repeat(depth);
  return lines
    .map((line) =>
      typeof line === 'string'
        ? `${indent}${line};\n`
        : `${indent}${line.head} {\n${text(line.lines, depth + 1)}${indent}}\n`,
    )
    .join('');
}

/** One word; variables in it are left to be variables. */
export function word(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/**
 * One word in which nothing is a variable: nginx has no way to write a dollar sign where it looks
 * for variables.
 * @throws ClincherError `settings-invalid` for what it cannot be told
 */
export function literal(value: string, what: string): string {
  if (!/[$\0\r\n]/.test(value)) return word(value);
  const shown = JSON.stringify(value);
  throw new ClincherError('settings-invalid', `nginx cannot be told ${what} ${shown}`, {
    fix: 'Use a name without a dollar sign and without line breaks.',
  });
}

/** Rows in order: the first pattern that fits gives the value. */
export function map(
  source: string,
  target: string,
  rows: readonly (readonly [match: string, value: string])[],
): Block {
  return block(
    `map ${word(source)} ${target}`,
    rows.map(([match, value]) => `${match === 'default' ? match : word(match)} ${word(value)}`),
  );
}
