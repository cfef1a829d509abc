// Writes what the daemon is asked: the path of a known call, the full id that was checked, and the
// parameters that were judged. Nothing of the client's own writing is left.

import type { Call } from './model.ts';

/**
 * `id` is the full id of the container or exec; null for calls without one, and in calls that are
 * not scoped, where what was asked stands. Every part is escaped again.
 */
export function requestTarget(call: Call, id: string | null): string {
  const { reference, query, version } = call;
  const text = id ?? reference?.text ?? '';
  const written = text.split('/').map(encodePart).join('/');
  const path = call.path.replace(/\{[a-z]+\}/, () => written);
  const parameters = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const prefix = version === null || unversioned.has(call.operation) ? '' : `/v${version}`;
  return `${prefix}${path}${parameters === '' ? '' : `?${parameters}`}`;
}

/**
 * Asked in the daemon's own newest version: in an old one it would not know some of the fields by
 * which a sandbox is closed, and leave them out without a word.
 */
const unversioned: ReadonlySet<string> = new Set(['ContainerCreate']);

/** Names of images hold `:` and `@`, which mean nothing in a path. */
function encodePart(part: string): string {
  return encodeURIComponent(part).replaceAll('%3A', ':').replaceAll('%40', '@');
}
