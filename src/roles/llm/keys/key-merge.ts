// What two instances know of one key, made one: the same in whatever order they hear of each other.
// Whether it is blocked and what its value is are told apart from the rest, so that a change of its
// budget elsewhere undoes neither; a deletion is for ever.

import * as z from 'zod';
import type { Window } from '../../../policy/llm-window.ts';
import type { KeyRecord, KeyVersions } from './key-record.ts';

export interface KnownKey {
  readonly record: KeyRecord;
  readonly isGone: boolean;
}

const parts = ['blocked', 'value', 'rest'] as const;
type Part = (typeof parts)[number];

/** Of a key that was made before there was this. */
const never: KeyVersions = { blocked: 0, value: 0, rest: 0 };

/** A change made here; `said` is a part that counts as changed though it is what it was. */
export function stamped(before: KeyRecord, after: KeyRecord, said: Part | null = null): KeyRecord {
  const versions = before.versions ?? never;
  const next = Object.fromEntries(
    parts.map((part) => {
      const isChanged = part === said || textOf(before, part) !== textOf(after, part);
      return [part, versions[part] + (isChanged ? 1 : 0)];
    }),
  );
  return { ...after, versions: next as unknown as KeyVersions };
}

export function merged(a: KnownKey, b: KnownKey): KnownKey {
  const [blocked, value, rest] = parts.map((part) => newer(a.record, b.record, part));
  if (blocked === undefined || value === undefined || rest === undefined) return a;
  const versions = Object.fromEntries(
    parts.map((part) => [part, Math.max(versionOf(a.record, part), versionOf(b.record, part))]),
  );
  return {
    record: {
      ...rest,
      ...{ digest: value.digest, hint: value.hint, blocked: blocked.blocked },
      updatedAtMs: Math.max(a.record.updatedAtMs, b.record.updatedAtMs),
      versions: versions as unknown as KeyVersions,
    },
    isGone: a.isGone || b.isGone,
  };
}

/** Where both were changed as often, who is blocked; else whichever, but on both sides the same. */
function newer(a: KeyRecord, b: KeyRecord, part: Part): KeyRecord {
  const [ofA, ofB] = [versionOf(a, part), versionOf(b, part)];
  if (ofA !== ofB) return ofA > ofB ? a : b;
  return textOf(a, part) >= textOf(b, part) ? a : b;
}

function versionOf({ versions = never }: KeyRecord, part: Part): number {
  return versions[part];
}

/** `true` is greater than `false`. */
function textOf(record: KeyRecord, part: Part): string {
  const { blocked, digest, hint, versions: _, updatedAtMs: __, ...rest } = record;
  if (part === 'blocked') return String(blocked);
  return canonical(part === 'value' ? [digest, hint] : rest);
}

export function isSameKey(a: KnownKey, b: KnownKey): boolean {
  return canonical(a) === canonical(b);
}

/** Whatever the order in which fields stand. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const count = z.int().nonnegative();
const limit = count.nullable();
const window: z.ZodType<Window> = z.union([
  z.enum(['hour', 'day', 'week', 'month', 'total']),
  z.strictObject({ rollingMs: z.int().positive() }),
  z.strictObject({ everyMs: z.int().positive(), fromMs: count }),
]);

/** Null for what is no key, whoever wrote it. */
export function readKey(text: unknown): KnownKey | null {
  try {
    const read = toldKey.safeParse(JSON.parse(String(text)));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

const toldKey = z.strictObject({
  isGone: z.boolean(),
  record: z.strictObject({
    name: z.string().regex(/^key-[0-9a-f]{12}$/),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    hint: z.string().max(64),
    alias: z.string().max(128).nullable(),
    caller: z.string().max(128).nullable(),
    models: z.array(z.string().max(256)).max(1_000).nullable(),
    budgets: z.array(
      z.strictObject({
        kind: z.enum(['main', 'more', 'model']),
        limitNanoUsd: count,
        window,
        model: z.string().nullable(),
        duration: z.string().nullable(),
      }),
    ),
    ...{ requestsPerMinute: limit, tokensPerMinute: limit, parallel: limit },
    metadata: z.record(z.string(), z.unknown()),
    blocked: z.boolean(),
    ...{ createdAtMs: count, updatedAtMs: count, expiresAtMs: count.nullable() },
    versions: z.strictObject({ blocked: count, value: count, rest: count }).optional(),
  }),
});
