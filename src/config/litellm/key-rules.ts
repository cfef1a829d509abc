// What becomes of each key of a LiteLLM config.yaml: it is read, its value is one that clincher
// does anyway, or it is refused with the reason. There is no fourth way: nothing is left out.

import { formatPath, type KeyPath } from '../../kit/located/problem.ts';
import type { Reader } from '../../kit/located/reader.ts';

export type KeyRule =
  /** Somebody reads it and obeys. */
  | { readonly kind: 'read' }
  /** Only these values, because what they ask for is what happens; null: any value. */
  | { readonly kind: 'met'; readonly values: readonly unknown[] | null }
  | { readonly kind: 'refused'; readonly why: string };

export type KeyRules = Readonly<Record<string, KeyRule>>;

export const read: KeyRule = { kind: 'read' };
/** It changes what is printed or shown, and nothing that a client or a budget could notice. */
export const harmless: KeyRule = { kind: 'met', values: null };
export const met = (...values: readonly unknown[]): KeyRule => ({ kind: 'met', values });
export const refused = (why: string): KeyRule => ({ kind: 'refused', why });

/** The same rule for many keys. */
export function each(rule: KeyRule, ...keys: readonly string[]): KeyRules {
  return Object.fromEntries(keys.map((key) => [key, rule]));
}

/**
 * Reports what is not obeyed in the map at `path`. `without` holds the paths that the user has
 * given up by name: their rules do not matter, and they are not read.
 */
export function holdToRules(
  reader: Reader,
  path: KeyPath,
  rules: KeyRules,
  without: ReadonlySet<string>,
): void {
  const map = reader.valueAt(path);
  if (map === undefined || map === null) return;
  if (typeof map !== 'object' || Array.isArray(map)) {
    reader.add(path, 'must be a map');
    return;
  }
  reader.refuseUnknown(path, [...Object.keys(rules), ...givenUp(path, map, without)]);
  for (const [key, value] of Object.entries(map)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined || rule.kind === 'read' || value === null) continue;
    if (without.has(formatPath([...path, key]))) continue;
    if (rule.kind === 'refused') reader.add([...path, key], `is not obeyed: ${rule.why}`);
    else if (rule.values !== null && !rule.values.includes(value)) {
      const words = rule.values.map((allowed) => JSON.stringify(allowed)).join(' or ');
      reader.add([...path, key], `can only be ${words} here`);
    }
  }
}

function givenUp(path: KeyPath, map: object, without: ReadonlySet<string>): string[] {
  return Object.keys(map).filter((key) => without.has(formatPath([...path, key])));
}
