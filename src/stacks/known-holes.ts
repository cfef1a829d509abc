// Versions of what such stacks are made of that have a known way in. A row a hole; the number of
// the first version without it.

export interface KnownHole {
  readonly image: RegExp;
  /** Null: from the beginning. */
  readonly since: string | null;
  readonly fixed: string;
  readonly what: string;
}

export const knownHoles: readonly KnownHole[] = [
  {
    ...{ image: /openclaw|clawdbot|moltbot/, since: null, fixed: '2026.4.22' },
    what: 'a way out of its sandbox (CVE-2026-44112, -44113, -44115, -44118)',
  },
  {
    ...{ image: /litellm/, since: '1.81.16', fixed: '1.83.7' },
    what: 'SQL by whoever reaches it, before any key (CVE-2026-42208)',
  },
];

/** Null where no part of a tag is a version. */
export function versionOf(image: string): readonly number[] | null {
  const [, tag] = /:([^/@:]+)(?:@.*)?$/.exec(image) ?? [];
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(tag ?? '');
  return found === null ? null : found.slice(1, 4).map((part) => Number(part ?? 0));
}

export function holesOf(image: string): readonly KnownHole[] {
  const version = versionOf(image);
  if (version === null) return [];
  return knownHoles.filter(
    (hole) =>
      hole.image.test(image) &&
      isBelow(version, hole.fixed) &&
      (hole.since === null || !isBelow(version, hole.since)),
  );
}

function isBelow(version: readonly number[], other: string): boolean {
  const parts = other.split('.').map(Number);
  const index = parts.findIndex((part, at) => part !== version[at]);
  return index >= 0 && (version[index] ?? 0) < (parts[index] ?? 0);
}
