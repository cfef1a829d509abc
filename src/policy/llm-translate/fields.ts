// Reads an object of parsed JSON field by field and remembers which fields were read, so that what
// nobody asked about can be named as lost.

import type { Losses } from './losses.ts';

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export class Fields {
  readonly path: string;
  readonly losses: Losses;
  readonly #object: object;
  readonly #read = new Set<string>();

  /** Anything but an object refuses the request and reads as an empty one. */
  constructor(value: unknown, path: string, losses: Losses) {
    this.path = path;
    this.losses = losses;
    this.#object = isObject(value) ? value : {};
    if (!isObject(value)) losses.refuse(path === '' ? 'the body' : path, 'must be an object');
  }

  at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  /** Undefined where it is missing, or null in the JSON. */
  value(key: string): unknown {
    this.#read.add(key);
    return Object.hasOwn(this.#object, key)
      ? (Reflect.get(this.#object, key) ?? undefined)
      : undefined;
  }

  text(key: string): string | null {
    const value = this.value(key);
    if (value === undefined) return null;
    if (typeof value === 'string') return value;
    this.losses.refuse(this.at(key), 'must be a string');
    return null;
  }

  number(key: string): number | null {
    const value = this.value(key);
    if (value === undefined) return null;
    if (typeof value === 'number') return value;
    this.losses.refuse(this.at(key), 'must be a number');
    return null;
  }

  flag(key: string): boolean | null {
    const value = this.value(key);
    if (value === undefined) return null;
    if (typeof value === 'boolean') return value;
    this.losses.refuse(this.at(key), 'must be true or false');
    return null;
  }

  list(key: string): readonly unknown[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.losses.refuse(this.at(key), 'must be a list');
    return [];
  }

  /** Null where it is missing. */
  inner(key: string): Fields | null {
    const value = this.value(key);
    return value === undefined ? null : new Fields(value, this.at(key), this.losses);
  }

  /** Each element as an object, with its place. */
  each(key: string): Fields[] {
    return this.list(key).map(
      (item, index) => new Fields(item, `${this.at(key)}[${index}]`, this.losses),
    );
  }

  /** Known fields without a counterpart elsewhere: named as dropped when they are there. */
  hints(...keys: readonly string[]): void {
    for (const key of keys) if (this.value(key) !== undefined) this.losses.hint(this.at(key));
  }

  /**
   * Fields whose meaning another place carries or that have none: types that the shape tells, names
   * that are written anew, marks of an answer sent back. They are read, and nobody is told.
   */
  known(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /** Fields that change the answer and that the other dialects do not have. */
  refuse(...keys: readonly string[]): void {
    for (const key of keys) if (this.value(key) !== undefined) this.losses.refuse(this.at(key));
  }

  /** Call last: what was never read is a field we do not know, and is dropped and named. */
  done(): void {
    for (const key of Object.keys(this.#object)) {
      if (!this.#read.has(key) && Reflect.get(this.#object, key) !== null) {
        this.losses.hint(this.at(key));
      }
    }
  }
}
