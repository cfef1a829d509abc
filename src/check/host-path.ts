// Paths of the host, compared as a mount would: by folder, not by the letters they begin with.

import { posix } from 'node:path';

/** Whether `path` is `folder` or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  const inner = withSlash(path);
  return inner.startsWith(withSlash(folder));
}

/** Whether one of two lies within the other: then whoever has one can touch some of the other. */
export function overlap(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

function withSlash(path: string): string {
  const normal = posix.normalize(path);
  return normal.endsWith('/') ? normal : `${normal}/`;
}
