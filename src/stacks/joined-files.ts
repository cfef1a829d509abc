// The Compose files that a stack is written in, as one: what a file includes, what a service
// extends, the file that overrides it. Every value keeps its place, in whichever file that is.

import { posix } from 'node:path';
import { LocatedDocument } from '../kit/located/document.ts';
import type { KeyPath, Problem } from '../kit/located/problem.ts';
import type { Place } from '../kit/place.ts';
import type { NotRead } from './model.ts';
import {
  besideFile,
  type Entries,
  entriesOf,
  environmentLines,
  filledIn,
  listOf,
  plainPath,
  textOf,
  type Variables,
} from './values.ts';

export interface JoinedFiles {
  readonly root: Entries;
  readonly variables: Variables;
  readonly problems: readonly Problem[];
  readonly notRead: readonly NotRead[];
  /** Compose files besides the first, from its folder: those that were there, and those not. */
  readonly named: readonly string[];
  placeOf(path: KeyPath): Place;
}

export const variablesFile = '.env';
/** Includes of includes, and services that extend one another. */
const depthMax = 8;
const filesMax = 50;
/** In the order of Docker's. */
const overriding = /^(docker-)?compose\.(ya?ml)$/;
/** Words of a program: the later ones stand for all. Other lists grow. */
const replaced = new Set(['command', 'entrypoint', 'test']);

interface Written {
  readonly document: LocatedDocument;
  readonly root: Entries;
  /** From the first file's folder, `.` for that. */
  readonly folder: string;
}

interface Origin {
  readonly document: LocatedDocument;
  readonly path: KeyPath;
}

/** `files` are texts by their path from the folder of `file`. Pure. */
export function joinFiles(
  text: string,
  file: string,
  files: ReadonlyMap<string, string>,
): JoinedFiles {
  const joining = new Joining(file, files);
  const first = joining.read(text, posix.basename(file), variablesFile);
  joining.include(first, 0);
  const override = posix.basename(file).replace(overriding, '$1compose.override.$2');
  if (override !== posix.basename(file)) joining.override(override);
  return joining;
}

class Joining implements JoinedFiles {
  readonly root: Mutable = {};
  readonly problems: Problem[] = [];
  readonly notRead: NotRead[] = [];
  readonly named: string[] = [];
  variables: Variables = new Map();
  readonly #file: string;
  readonly #files: ReadonlyMap<string, string>;
  readonly #origins = new Map<string, Origin>();
  readonly #documents = new Map<string, Written>();

  constructor(file: string, files: ReadonlyMap<string, string>) {
    this.#file = file;
    this.#files = files;
  }

  placeOf(path: KeyPath): Place {
    const origin = this.#originOf(path);
    if (origin === null) return { file: this.#file, line: 1, column: 1 };
    return origin.document.placeOf(origin.path);
  }

  #originOf(path: KeyPath): Origin | null {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = this.#origins.get(JSON.stringify(path.slice(0, length)));
      if (origin !== undefined) return { ...origin, path: [...origin.path, ...path.slice(length)] };
    }
    return null;
  }

  /** `path` and that of the variables are from the first file's folder. */
  read(text: string, path: string, variables: string): Written {
    const document = new LocatedDocument(text, besideFile(this.#file, path), {
      ...{ aliases: true, anyText: true },
    });
    this.problems.push(...document.problems);
    const own = environmentLines(this.#files.get(variables) ?? '');
    const known = new Map([
      ...this.variables,
      ...own.map(([name, value]) => [name, value] as const),
    ]);
    if (this.#documents.size === 0) this.variables = known;
    const root = entriesOf(filledIn(document.value, known));
    const written = { document, root, folder: posix.dirname(path) };
    this.#documents.set(path, written);
    return written;
  }

  /** What it includes first: what it says itself comes over it. */
  include(written: Written, depth: number): void {
    for (const [index, one] of listOf(written.root.include).entries()) {
      const at = written.document.placeOf(['include', index]);
      for (const path of listOf(entriesOf(one).path ?? one)) {
        const found = depth < depthMax ? this.#open(written, textOf(path)) : null;
        if (found !== null) this.include(found, depth + 1);
        else this.notRead.push({ about: this.#file, what: 'what it includes', at });
      }
    }
    this.#take(written);
  }

  override(name: string): void {
    this.named.push(name);
    const text = this.#files.get(name);
    if (text !== undefined) this.#take(this.read(text, name, variablesFile));
  }

  /** Null where it does not lie with the first file, or is not there. */
  #open({ folder }: Written, name: string): Written | null {
    const path = posix.normalize(posix.join(folder, plainPath(name)));
    if (!isWithin(name, path) || this.named.length >= filesMax) return null;
    this.named.push(path);
    const known = this.#documents.get(path);
    const text = this.#files.get(path);
    if (known !== undefined || text === undefined) return known ?? null;
    return this.read(text, path, posix.join(posix.dirname(path), variablesFile));
  }

  #take(written: Written): void {
    const { services, include: _, ...rest } = written.root;
    const { document } = written;
    for (const [key, value] of Object.entries(rest)) {
      this.#merge([key], key === 'configs' ? rebasedFiles(value, written.folder) : value, {
        ...{ document, path: [key] },
      });
    }
    // Of what is no map there is nothing to say but where it stands.
    this.#merge(['services'], services === undefined ? {} : emptied(services), {
      ...{ document, path: ['services'] },
    });
    for (const name of Object.keys(entriesOf(services))) this.#takeService(written, name, name, []);
  }

  /** What it extends first, and so on: `name` of that file goes to `to`. */
  #takeService(written: Written, name: string, to: string, met: readonly string[]): void {
    const { extends: base, ...own } = entriesOf(entriesOf(written.root.services)[name]);
    const { document, folder } = written;
    if (base !== undefined) {
      const from = textOf(entriesOf(base).service) || textOf(base);
      const file = textOf(entriesOf(base).file);
      const found = file === '' ? written : this.#open(written, file);
      const key = `${found?.document.file} ${from}`;
      const isThere = found !== null && Object.hasOwn(entriesOf(found.root.services), from);
      if (isThere && !met.includes(key) && met.length < depthMax) {
        this.#takeService(found, from, to, [...met, key]);
      } else {
        const at = document.placeOf(['services', name, 'extends']);
        this.notRead.push({ about: to, what: 'what it extends', at });
      }
    }
    const origin = { document, path: ['services', name] };
    this.#merge(['services', to], rebased(own, folder), origin);
    this.#origins.set(JSON.stringify(['services', to]), origin);
  }

  /** Maps grow by their keys and lists by their items; what else is said later stands. */
  #merge(path: KeyPath, value: unknown, origin: Origin): void {
    const parent = path.slice(0, -1).reduce<Mutable>((at, key) => at[key] as Mutable, this.root);
    const key = path.at(-1) ?? '';
    const before = Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (isMap(before) && isMap(value)) {
      for (const [name, one] of Object.entries(value)) {
        this.#merge([...path, name], one, { ...origin, path: [...origin.path, name] });
      }
      return;
    }
    const isList = Array.isArray(before) || Array.isArray(value);
    if (before === undefined || before === null || !isList || replaced.has(String(key))) {
      this.#origins.set(JSON.stringify(path), origin);
      parent[key] = structuredClone(value);
      return;
    }
    const { document } = origin;
    const items = [
      ...itemsOf(before, path).map((one) => ({ ...one, from: this.#originOf(one.path) })),
      ...itemsOf(value, origin.path).map((one) => ({ ...one, from: { document, path: one.path } })),
    ];
    parent[key] = items.map((item) => item.value);
    for (const [index, { from }] of items.entries()) {
      if (from !== null) this.#origins.set(JSON.stringify([...path, index]), from);
    }
  }
}

type Mutable = Record<string | number, unknown>;

function isMap(value: unknown): value is Mutable {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map as the list that Compose has for it, `a: b` as `a=b`. */
function itemsOf(value: unknown, path: KeyPath) {
  if (!isMap(value))
    return listOf(value).map((one, index) => ({ value: one, path: [...path, index] }));
  return Object.entries(value).map(([key, one]) => ({
    value: one === null || isMap(one) ? key : `${key}=${textOf(one)}`,
    path: [...path, key],
  }));
}

/** Its services one by one: what is no map stays. */
function emptied(services: unknown): unknown {
  return isMap(services) ? {} : services;
}

/** Paths of a file in another folder, as the first file would write them. */
function rebased(said: Entries, folder: string): Entries {
  if (folder === '.') return said;
  const inFolder = (path: string) => rebasedPath(path, folder);
  const each = (value: unknown, key: string, change: (text: string) => string) =>
    listOf(value).map((one) => {
      const inner = entriesOf(one)[key];
      return inner === undefined
        ? change(textOf(one))
        : { ...entriesOf(one), [key]: change(textOf(inner)) };
    });
  const { env_file: variables, volumes, ...rest } = said;
  return {
    ...rest,
    ...(variables === undefined ? {} : { env_file: each(variables, 'path', inFolder) }),
    ...(volumes === undefined
      ? {}
      : {
          volumes: each(volumes, 'source', (text) =>
            /^\.\.?(\/|:|$)/.test(text) ? inFolder(text) : text,
          ),
        }),
  };
}

/** Those of `configs` and `secrets`. */
function rebasedFiles(value: unknown, folder: string): unknown {
  if (folder === '.' || !isMap(value)) return value;
  const entries = Object.entries(value).map(([name, one]) => {
    const { file } = entriesOf(one);
    const said =
      file === undefined ? one : { ...entriesOf(one), file: rebasedPath(textOf(file), folder) };
    return [name, said];
  });
  return Object.fromEntries(entries);
}

function rebasedPath(path: string, folder: string): string {
  return /^[/~$]/.test(path) ? path : `./${posix.join(folder, path)}`;
}

/** Nothing is read that does not lie with the first file. */
function isWithin(name: string, path: string): boolean {
  return name !== '' && !/^[/~$]/.test(name) && !/^\.\.(\/|$)/.test(path);
}
