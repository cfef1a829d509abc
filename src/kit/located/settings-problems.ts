// Where in a settings file each complaint of its schema is: the file is JSON, and read as YAML,
// which JSON is too, for the places alone.

import type * as z from 'zod';
import type { Place } from '../place.ts';
import { LocatedDocument } from './document.ts';
import { ProblemsError } from './problem.ts';
import { Reader } from './reader.ts';

/** Every problem with its place. `text` must be JSON, and the schema must refuse what it holds. */
export function settingsError(text: string, file: string, schema: z.ZodType): ProblemsError {
  // A tab is a space to JSON and a fault to YAML.
  const document = new LocatedDocument(text.replaceAll('\t', ' '), file, { anyText: true });
  const reader = new Reader(document);
  const result = schema.safeParse(JSON.parse(text));
  for (const issue of result.success ? [] : result.error.issues) {
    reader.addIssue([], issue, schema);
  }
  const problems = [...document.problems, ...reader.problems];
  const fix = 'Each problem has its file, line and column.';
  return new ProblemsError('settings-invalid', file, problems, fix);
}

/**
 * The first place at which a text is no JSON. JSON.parse's own words are not used: they quote what
 * it read, and tell the place only sometimes.
 */
export function jsonFaultPlace(text: string, file: string): Place {
  let sound = 0;
  let faulty = text.length + 1;
  // A longer beginning of the text has every fault of a shorter one.
  while (faulty - sound > 1) {
    const middle = (sound + faulty) >> 1;
    if (isFaulty(text.slice(0, middle))) faulty = middle;
    else sound = middle;
  }
  const before = text.slice(0, faulty - 1).split('\n');
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Wrong whatever may follow, not merely cut off. */
function isFaulty(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return false;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /position ([0-9]+)/.exec(message)?.[1];
    if (position !== undefined) return Number(position) < beginning.length;
    return !message.startsWith('Unexpected end');
  }
}
