// What is wrong in a file that somebody wrote, as data and as one line each; all of them in one
// error.

import type { ErrorCode } from '../codes.ts';
import { ClincherError } from '../error.ts';
import { formatPlace, type Place } from '../place.ts';
import { looksLikeSecret } from './secret-literal.ts';

/** Keys and list positions from the root: `['providers', 'anthropic', 'key']`. */
export type KeyPath = readonly (string | number)[];

export interface Problem {
  readonly at: Place;
  readonly path: KeyPath;
  /** What is wrong, never quoting a value that could be a secret. */
  readonly message: string;
}

/** Beyond this many the list says how many more there are: a broken file is not a flood. */
const listedMax = 50;

/** Every problem of one file, in the order in which they stand there. */
export class ProblemsError extends ClincherError {
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, file: string, problems: readonly Problem[], fix: string) {
    const sorted = distinct(problems).map(masked).sort(byPlace);
    const lines = sorted.slice(0, listedMax).map((problem) => `\n  ${formatProblem(problem)}`);
    const more = sorted.length - lines.length;
    const count = sorted.length === 1 ? '1 error' : `${sorted.length} errors`;
    const rest = more === 0 ? '' : `\n  and ${more} more`;
    super(code, `${count} in ${file}:${lines.join('')}${rest}`, { fix });
    this.name = 'ProblemsError';
    this.problems = sorted;
  }
}

function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
}

/** A key that is a secret itself must not live on in the data either. */
function masked(problem: Problem): Problem {
  const path = problem.path.map((part) =>
    typeof part === 'string' && looksLikeSecret(part) ? '***' : part,
  );
  return { ...problem, path };
}

/** `clincher.yaml:7:3 providers.anthropic.kye: unknown key; did you mean "key"?` */
export function formatProblem({ at, path, message }: Problem): string {
  const where = path.length === 0 ? '' : ` ${formatPath(path)}`;
  return `${formatPlace(at)}${where}: ${message}`;
}

export function formatPath(path: KeyPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += (text === '' ? '' : '.') + echo(part);
  }
  return text;
}

/** What the user wrote, fit to be shown: no secret, no control character, not long. */
export function echo(text: string): string {
  if (looksLikeSecret(text)) return '***';
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return /^[A-Za-z0-9_./:@*-]+$/.test(shown) ? shown : escaped(shown);
}

/**
 * JSON's escapes, and for bidirectional and invisible characters, which could rewrite a terminal
 * line.
 */
function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

function byPlace(a: Problem, b: Problem): number {
  return a.at.line - b.at.line || a.at.column - b.at.column || (a.message < b.message ? -1 : 1);
}
