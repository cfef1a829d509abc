// A schema's complaint in the words a user needs. Values are never quoted: one of them could be a
// secret.

import * as z from 'zod';
import { didYouMean } from './nearest.ts';
import type { KeyPath } from './problem.ts';

export interface DescribedIssue {
  /**
   * From the issue's own path to what the message is about: an unknown key, a union's inner fault.
   */
  readonly below: KeyPath;
  readonly message: string;
}

export function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  value: unknown,
): readonly DescribedIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({
      below: [key],
      message: `unknown key${didYouMean(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_union') return describeUnion(issue, schema, value);
  return [{ below: [], message: textOf(issue, value) }];
}

function textOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is required';
  if (value === null) return 'is empty';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must be a finite number';
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid input')
        ? `must be ${kindText(issue.expected)}, not ${kindOf(value)}`
        : issue.message;
    case 'invalid_value':
      return issue.message.startsWith('Invalid')
        ? `must be ${orList(issue.values.map(String))}${hintOf(value, issue.values)}`
        : issue.message;
    case 'too_small':
      return issue.origin === 'array'
        ? 'must not be empty'
        : `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be at most ${issue.maximum}`
        : `must be ${issue.maximum} at most in length`;
    case 'invalid_key':
      return `name ${issue.issues[0]?.message ?? 'is not accepted'}`;
    default:
      return issue.message;
  }
}

/**
 * Only the alternatives of the value's own kind matter: a map is compared with the map, text with
 * text.
 */
function describeUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  schema: z.ZodType,
  value: unknown,
): readonly DescribedIssue[] {
  if ('options' in issue) return [describeChoice(issue.options ?? [], value)];
  const options = issue.errors.filter((inner) => !inner.some((one) => isOfOtherKind(one, value)));
  const best = options.toSorted((a, b) => a.length - b.length)[0];
  if (best === undefined || value === null) {
    return [{ below: [], message: value === null ? 'is empty' : unionText(issue, value) }];
  }
  return best.flatMap((inner) => {
    const below = inner.path.filter((part) => typeof part !== 'symbol');
    const whole = { ...inner, path: [...issue.path, ...inner.path] };
    const described = describeIssue(whole, schema, innerValue(value, below));
    return described.map((one) => ({ ...one, below: [...below, ...one.below] }));
  });
}

/** A key that says which kind of map it is has a value that is none of them. */
function describeChoice(options: readonly unknown[], value: unknown): DescribedIssue {
  const known = options.filter((one) => typeof one === 'string');
  const message = `must be ${orList(known)}${hintOf(value, known)}`;
  return { below: [], message };
}

function isOfOtherKind(issue: z.core.$ZodIssue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_value')
    return !issue.values.some((one) => typeof one === typeof value);
  return issue.code === 'invalid_type';
}

function unionText(issue: z.core.$ZodIssueInvalidUnion, value: unknown): string {
  const kinds = issue.errors.flatMap((inner) =>
    inner.flatMap((one) => {
      if (one.code === 'invalid_value') return one.values.map(String);
      return one.code === 'invalid_type' ? [kindText(one.expected)] : [];
    }),
  );
  return `must be ${orList([...new Set(kinds)])}, not ${kindOf(value)}`;
}

function innerValue(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (inner, part) => (inner as Record<string | number, unknown> | null | undefined)?.[part],
    value,
  );
}

/** The keys that a schema knows at a path, through lists, maps, optional parts and alternatives. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const [part, ...rest] = path;
  if (schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return keysAt(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((one) => keysAt(one, path));
  if (schema instanceof z.ZodArray) return part === undefined ? [] : keysAt(schema.element, rest);
  if (schema instanceof z.ZodRecord) {
    return part === undefined ? [] : keysAt(schema.valueType, rest);
  }
  if (!(schema instanceof z.ZodObject)) return [];
  if (part === undefined) return Object.keys(schema.shape);
  const inner = schema.shape[String(part)];
  return inner === undefined ? [] : keysAt(inner, rest);
}

function hintOf(value: unknown, values: readonly unknown[]): string {
  if (typeof value !== 'string' || values.length < 2) return '';
  return didYouMean(value, values.map(String));
}

function orList(words: readonly string[]): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function kindText(expected: string): string {
  const texts: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
    record: 'a map',
  };
  return texts[expected] ?? expected;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction';
  return typeof value === 'boolean' ? 'true or false' : 'a map';
}
