// The kinds of rules that the fields of a body have: each gives what is sent in the field's place,
// undefined for nothing, or ends the reading with a fault that names the field.

import type { Reason } from '../reasons.ts';
import type { Change } from './model.ts';
import { isArray, isObject, type Json, type JsonObject, writeJson } from './strict-json.ts';

export class BodyFault extends Error {
  readonly reason: Reason;
  readonly field: string;

  constructor(reason: Reason, field: string, says: string) {
    super(says);
    this.reason = reason;
    this.field = field;
  }
}

export interface Reading {
  readonly changes: Change[];
}

export type FieldRule = (value: Json, field: string, reading: Reading) => Json | undefined;

/** Reads an object by its table; what is not in the table is refused. null is an empty one. */
export function readFields(
  value: Json,
  field: string,
  table: Readonly<Record<string, FieldRule>>,
  reading: Reading,
): Map<string, Json> {
  const read = new Map<string, Json>();
  for (const [key, each] of objectOf(value, field)) {
    const path = field === '' ? key : `${field}.${key}`;
    const rule = Object.hasOwn(table, key) ? table[key] : undefined;
    if (rule === undefined) throw unknown(path, key, table);
    const kept = rule(each, path, reading);
    if (kept !== undefined) read.set(key, kept);
  }
  return read;
}

function unknown(path: string, key: string, table: object): BodyFault {
  const other = Object.keys(table).find((name) => name.toLowerCase() === key.toLowerCase());
  const says =
    other === undefined
      ? 'This field is not on the list of those that are checked.'
      : `This field is written "${other}"; the daemon would not mind, and read both.`;
  return new BodyFault('docker-field-unknown', path.slice(0, 128), says);
}

export function objectOf(value: Json, field: string): JsonObject {
  if (value === null) return new Map();
  if (!isObject(value)) throw new BodyFault('docker-body-unclear', field, 'It must be an object.');
  return value;
}

export function textsOf(value: Json, field: string): readonly string[] {
  if (value === null) return [];
  const texts = isArray(value) ? value.filter((each) => typeof each === 'string') : null;
  if (texts === null || !isArray(value) || texts.length !== value.length) {
    throw new BodyFault('docker-body-unclear', field, 'It must be a list of texts.');
  }
  return texts;
}

export function textOf(value: Json, field: string): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  throw new BodyFault('docker-body-unclear', field, 'It must be text.');
}

export function numberOf(value: Json, field: string): number {
  if (value === null) return 0;
  if (typeof value === 'number') return value;
  throw new BodyFault('docker-body-unclear', field, 'It must be a whole number.');
}

/** null, nothing, zero, false, or without anything in it: what clients send for "not asked for". */
export function isEmpty(value: Json): boolean {
  if (isArray(value)) return value.length === 0;
  return isObject(value) ? value.size === 0 : [null, '', 0, false].includes(value as null);
}

/** For a field of which every value asked is answered by the template's own. */
export function fix(
  reading: Reading,
  read: Map<string, Json>,
  field: string,
  asked: Json,
  value: Json,
): void {
  const key = field.slice(field.lastIndexOf('.') + 1);
  read.set(key, value);
  if (writeJson(asked) !== writeJson(value)) note(reading, field, asked, value);
}

export function note({ changes }: Reading, field: string, from: Json, to: Json): void {
  changes.push({ field, from: shown(from), to: shown(to) });
}

export function shown(value: Json): string {
  const written = writeJson(value);
  return written.length > 80 ? `${written.slice(0, 80)}...` : written;
}
