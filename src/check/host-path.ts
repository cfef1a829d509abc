// Paths of the host, compared as a mount would: by folder, not by the letters they begin with.

import { posix } from 'node:path';

/** Whether `path` is `folder` or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return foldersOf(path).includes(normal(folder));
}

/** Paths by owner, found by what they lie in and what lies in them, without searching all. */
export class PathIndex<T> {
  readonly #at = new Map<string, T[]>();
  readonly #below = new Map<string, T[]>();

  add(path: string, owner: T): void {
    push(this.#at, normal(path), owner);
    for (const folder of foldersOf(path)) push(this.#below, folder, owner);
  }

  /** Owners of what is in a folder, or is that folder. */
  *within(folder: string): Iterable<T> {
    yield* this.#below.get(normal(folder)) ?? [];
  }

  /** Owners of what shares anything with a path: is in it, is it, or holds it. */
  *touching(path: string): Iterable<T> {
    yield* this.within(path);
    for (const folder of foldersOf(path)) yield* this.#at.get(folder) ?? [];
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** A path and every folder above it: `/a/b`, `/a`, `/`. */
function foldersOf(path: string): readonly string[] {
  const folders = [normal(path)];
  for (let at = normal(path); at !== '/' && at !== '.'; ) {
    at = posix.dirname(at);
    folders.push(at);
  }
  return folders;
}

function normal(path: string): string {
  const plain = posix.normalize(path).replace(/(.)\/+$/, '$1');
  // What climbs out of where it starts has no known place; nothing above it is known either.
  return plain.startsWith('..') ? `/${plain.replace(/^(?:\.\.\/?)+/, '')}` : plain;
}
