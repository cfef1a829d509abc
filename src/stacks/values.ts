// Compose writes the same thing in several forms: a list or a map, one text or several, a number in
// quotes. These make one form of each; and what stands for a variable is put in its place.

import { posix } from 'node:path';

export type Entries = Readonly<Record<string, unknown>>;

export function entriesOf(value: unknown): Entries {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? (value as Entries) : {};
}

/** Of a list, or of one thing alone. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

export function textOf(value: unknown): string {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  return isScalar ? String(value) : '';
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).map(textOf);
}

/** `true`, and what Compose takes for it. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** Arguments: a list as it is, a text cut as a shell would, roughly. */
export function wordsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return textsOf(value);
  const text = textOf(value);
  const words = text.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
}

export type Variables = ReadonlyMap<string, string>;

const depthMax = 4;

/**
 * Docker's interpolation: `$NAME`, `${NAME}`, `${NAME:-default}`. What is not known stays as it is
 * written: nothing is taken from this terminal.
 */
export function withVariables(text: string, variables: Variables, depth = 0): string {
  const form =
    /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?([-+?])([^}]*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)/g;
  return text.replace(form, (whole, braced, sign, other, plain) => {
    if (whole === '$$') return '$';
    const found = variables.get(braced ?? plain);
    if (found !== undefined && found !== '') return sign === '+' ? other : found;
    if (sign !== '-') return whole;
    return depth < depthMax ? withVariables(other, variables, depth + 1) : other;
  });
}

/** All texts of a value but those of environments, whose variables are told apart from values. */
export function filledIn(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return withVariables(value, variables);
  if (Array.isArray(value)) return value.map((one) => filledIn(one, variables));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    key === 'environment' ? one : filledIn(one, variables),
  ]);
  return Object.fromEntries(entries);
}

/** Whether a part of it is a variable that nobody here knows. */
export function isUnknown(text: string): boolean {
  return /\$\{|\$[A-Za-z_]/.test(text);
}

/** `NAME=value` lines of an environment file. */
export function environmentLines(text: string): readonly (readonly [string, string, number])[] {
  return text.split('\n').flatMap((line, index): [string, string, number][] => {
    const found = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(?:=\s*(.*?))?\s*$/.exec(line);
    if (found === null) return [];
    const value = (found[2] ?? '').replace(/^(["'])(.*)\1$/, '$2');
    return [[found[1] ?? '', value, index + 1]];
  });
}

/** `./a/` and `a` are the same. */
export function plainPath(path: string): string {
  return path.replace(/^\.\//, '').replace(/(.)\/+$/, '$1');
}

/** As messages name it: from where the Compose file was named. */
export function besideFile(file: string, path: string): string {
  return posix.join(posix.dirname(file), path);
}
