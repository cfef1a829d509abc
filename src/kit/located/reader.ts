// Reads one part of the user's file by its schema and collects what is wrong with it, in our words.
// Part by part, so that one error does not hide the others.

import type * as z from 'zod';
import type { LocatedDocument } from './document.ts';
import { describeIssue } from './issue-text.ts';
import { didYouMean } from './nearest.ts';
import { echo, type KeyPath, type Problem } from './problem.ts';

export class Reader {
  readonly document: LocatedDocument;
  readonly problems: Problem[] = [];

  constructor(document: LocatedDocument) {
    this.document = document;
  }

  /** Undefined when it is not there or not valid; in the second case the problems say so. */
  read<T>(path: KeyPath, schema: z.ZodType<T>): T | undefined {
    const value = this.valueAt(path);
    if (value === undefined) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.addIssue(path, issue, schema);
    return undefined;
  }

  /**
   * Reads a map key by key, so that a fault in one key leaves the others to be read and checked. A
   * key that is missing or not valid is undefined. Undefined when the map itself is not there.
   */
  readMap<S extends z.ZodObject>(path: KeyPath, schema: S): Partial<z.infer<S>> | undefined {
    const value = this.valueAt(path);
    if (value === undefined) return undefined;
    if (!isRecord(value)) {
      this.read(path, schema);
      return undefined;
    }
    const known = Object.keys(schema.shape);
    this.refuseUnknown(path, known);
    const read: Record<string, unknown> = {};
    for (const key of known) {
      const part: z.ZodType = schema.shape[key];
      if (!Object.hasOwn(value, key) && !part.safeParse(undefined).success) {
        this.add([...path, key], 'is required');
      }
      read[key] = this.read([...path, key], part);
    }
    return read as Partial<z.infer<S>>;
  }

  /**
   * The names in a section, each valid, whether its entry is or not. Empty when it is not there.
   */
  names(path: KeyPath, name: z.ZodType<string>): readonly string[] {
    const value = this.valueAt(path);
    if (value === undefined) return [];
    if (!isRecord(value)) {
      this.add(path, value === null ? 'is empty' : 'must be a map of names');
      return [];
    }
    return Object.keys(value).filter((key) => {
      const result = name.safeParse(key);
      if (!result.success) this.add([...path, key], `name ${result.error.issues[0]?.message}`);
      return result.success;
    });
  }

  /** How many items a list has; 0 when it is not there. */
  count(path: KeyPath, countMax: number): number {
    const value = this.valueAt(path);
    if (value === undefined) return 0;
    if (!Array.isArray(value)) {
      this.add(path, value === null ? 'is empty' : 'must be a list');
      return 0;
    }
    if (value.length <= countMax) return value.length;
    this.add(path, `has more than ${countMax} items`);
    return 0;
  }

  /** Reports the keys of a map that are not among those known. */
  refuseUnknown(path: KeyPath, known: readonly string[]): void {
    const value = this.valueAt(path);
    if (!isRecord(value)) return;
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.add([...path, key], `unknown key${didYouMean(key, known)}`);
    }
  }

  add(path: KeyPath, message: string): void {
    this.problems.push({ at: this.document.placeOf(path), path, message });
  }

  valueAt(path: KeyPath): unknown {
    return valueIn(this.document.value, path);
  }

  /** A schema's complaint, in our words and with its place. */
  addIssue(base: KeyPath, issue: z.core.$ZodIssue, schema: z.ZodType): void {
    const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? '' : part))];
    for (const { below, message } of describeIssue(issue, schema, this.valueAt(path))) {
      this.add([...path, ...below], message);
    }
  }
}

function valueIn(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `"opus"; did you mean "openai"?`: a name that should be one of those known, and is not. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const hint = didYouMean(name, known);
  const list =
    hint === '' && known.length > 0 && known.length <= 8 ? ` (there is ${known.join(', ')})` : '';
  return `no ${kind} is named "${echo(name)}"${hint}${list}`;
}
