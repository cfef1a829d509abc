// One way to write a value as JSON, and its SHA-256: the same input gives the same bytes, whoever
// made it.

import { createHash } from 'node:crypto';
import { assert } from '../kit/assert.ts';

/**
 * JSON with sorted keys, without spaces; a key whose value is undefined is left out, as JSON does.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    const pairs = entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`);
    return `{${pairs.join(',')}}`;
  }
  const text = JSON.stringify(value);
  assert(text !== undefined, `not JSON: ${typeof value}`);
  return text;
}

/** SHA-256 of the canonical JSON, hexadecimal. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
