// Where in a settings file each complaint of its schema is: the file is JSON, and read as YAML,
// which JSON is too, for the places alone.

import type * as z from 'zod';
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

/** The place of a fault that JSON.parse found, without its words: they quote what it read. */
export function jsonFaultPlace(text: string, fault: SyntaxError, file: string) {
  const told = /position ([0-9]+)/.exec(fault.message)?.[1];
  const before = text.slice(0, told === undefined ? text.length : Number(told)).split('\n');
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
