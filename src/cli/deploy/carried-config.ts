// The user's file as the far side reads it: what it names of this machine - a variable, a file, a
// stored secret - is there a file of the release, and nothing else of the text is touched.

import { isScalar, parseDocument, visit } from 'yaml';

/** Where a reference leads on the far side: by the text of it, or by the absolute path it names. */
export interface CarriedFiles {
  readonly byReference: ReadonlyMap<string, string>;
  readonly byPath: ReadonlyMap<string, string>;
}

/** `resolve` makes a path of the file absolute. */
export function carriedConfig(
  text: string,
  carried: CarriedFiles,
  resolve: (path: string) => string,
): string {
  const found: { readonly start: number; readonly end: number; readonly to: string }[] = [];
  visit(parseDocument(text), {
    Scalar: (_key, node) => {
      if (!isScalar(node) || typeof node.value !== 'string' || node.range == null) return;
      const to = carriedTo(node.value, carried, resolve);
      const [start, end] = node.range;
      if (to !== null) found.push({ start, end, to });
    },
  });
  let changed = text;
  // From the end, so that the places in front stay where they are.
  for (const { start, end, to } of found.toSorted((a, b) => b.start - a.start)) {
    changed = changed.slice(0, start) + JSON.stringify(to) + changed.slice(end);
  }
  return changed;
}

function carriedTo(
  value: string,
  { byReference, byPath }: CarriedFiles,
  resolve: (path: string) => string,
): string | null {
  const reference = byReference.get(value);
  if (reference !== undefined) return `file:${reference}`;
  const isSecret = value.startsWith('file:');
  const path = byPath.get(resolve(isSecret ? value.slice('file:'.length) : value));
  if (path === undefined) return null;
  return isSecret ? `file:${path}` : path;
}
