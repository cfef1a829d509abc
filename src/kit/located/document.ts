// YAML text to plain values that remember where they were written. Only the plain part of YAML is
// accepted: no tags or second documents, and no anchors or merge keys unless the kind of file has
// always had them.

import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { defaultPlace, type Place } from '../place.ts';
import { echo, type KeyPath, type Problem } from './problem.ts';
import { holdsKnownKey, looksLikeSecret } from './secret-literal.ts';
import { syntaxMessages } from './syntax-messages.ts';

const depthMax = 16;
/** An alias can grow a small file a thousandfold. */
const nodesMax = 200_000;

export interface DocumentKind {
  /** Anchors, aliases and merge keys are followed; otherwise they are refused. */
  readonly aliases?: boolean;
  /** What looks like a secret is accepted: the file is a list of hosts or the like. */
  readonly anyText?: boolean;
}

const secretHere =
  'looks like a secret; write a reference (env:NAME, file:PATH or store:NAME) instead, ' +
  'and replace that secret, because it stood in a file';

export class LocatedDocument {
  /** Undefined when the text is not YAML; then `problems` says why. */
  readonly value: unknown;
  readonly problems: Problem[] = [];
  readonly file: string;
  readonly #textLength: number;
  readonly #kind: DocumentKind;
  /** What an anchor names at this point of the reading; it may be given anew further down. */
  readonly #anchors = new Map<string, ParsedNode>();
  /** What an alias stands for, found once: the library reads the whole text for each. */
  readonly #targets = new Map<Alias.Parsed, ParsedNode | undefined>();
  #nodes = 0;
  #isFollowing = false;
  readonly #lines = new LineCounter();
  readonly #places = new Map<string, Place>();
  readonly #sources = new Map<string, string>();

  constructor(text: string, file: string, kind: DocumentKind = {}) {
    this.file = file;
    this.#kind = kind;
    this.#textLength = text.length;
    const document = parseDocument<ParsedNode>(text, {
      schema: 'core',
      version: '1.2',
      strict: true,
      stringKeys: true,
      uniqueKeys: false, // checked here, in linear time and with the first place
      resolveKnownTags: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    for (const error of [...document.errors, ...document.warnings]) {
      this.#report([], error.pos[0], syntaxMessages[error.code]);
    }
    // One says it: a binary file would give thousands.
    const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text);
    if (control !== null) this.#report([], control.index, 'a control character is not accepted');
    if (kind.anyText !== true) this.#reportSecretComments(text);
    if (document.errors.length === 0) this.value = this.#valueOf(document.contents, []);
  }

  /** Where a path's key (or list item) stands; its nearest parent's when the path is not there. */
  placeOf(path: KeyPath): Place {
    for (let length = path.length; length > 0; length--) {
      const found = this.#places.get(keyOf(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return { file: this.file, line: 1, column: 1 };
  }

  /** As placeOf(), but the default place when the path is not in the file. */
  declaredAt(path: KeyPath): Place {
    return this.#places.get(keyOf(path)) ?? defaultPlace(this.file);
  }

  /** A scalar as it was written, before YAML made a number of it. */
  sourceOf(path: KeyPath): string | null {
    return this.#sources.get(keyOf(path)) ?? null;
  }

  #valueOf(node: ParsedNode | null, path: KeyPath): unknown {
    if (node === null) return null;
    const offset = node.range[0];
    this.#nodes += 1;
    if (path.length > depthMax || this.#nodes > nodesMax) {
      return this.#refused(path, offset, 'nested too deeply');
    }
    if (isAlias(node)) return this.#aliased(node, path);
    if (node.anchor !== undefined && this.#kind.aliases !== true) {
      this.#report(path, offset, syntaxMessages.MULTIPLE_ANCHORS);
    }
    if (node.anchor !== undefined && !this.#isFollowing) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return this.#mapOf(node, path);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const itemPath = [...path, index];
        this.#places.set(keyOf(itemPath), this.#placeAt(item.range[0]));
        return this.#valueOf(item, itemPath);
      });
    }
    if (!isScalar(node)) return null;
    this.#sources.set(keyOf(path), node.source);
    if (this.#isSecret(String(node.value))) this.#report(path, offset, secretHere);
    return node.value;
  }

  #aliased(node: Alias.Parsed, path: KeyPath): unknown {
    // In the order of the text each is met by itself before anything leads to it again.
    if (!this.#targets.has(node)) this.#targets.set(node, this.#anchors.get(node.source));
    const target = this.#kind.aliases === true ? this.#targets.get(node) : undefined;
    if (target === undefined) return this.#refused(path, node.range[0], syntaxMessages.BAD_ALIAS);
    const isInner = this.#isFollowing;
    this.#isFollowing = true;
    const value = this.#valueOf(target, path);
    this.#isFollowing = isInner;
    return value;
  }

  #isSecret(text: string): boolean {
    return this.#kind.anyText !== true && looksLikeSecret(text);
  }

  #mapOf(node: YAMLMap.Parsed, path: KeyPath): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    const merged: unknown[] = [];
    for (const pair of node.items as Pair<ParsedNode, ParsedNode | null>[]) {
      if (!isScalar(pair.key)) continue; // an alias: BAD_ALIAS or NON_STRING_KEY has said so
      const offset = pair.key.range[0];
      const key = String(pair.key.value);
      const keyPath = [...path, key];
      if (this.#isSecret(key)) this.#report(keyPath, offset, secretHere);
      if (pair.key.anchor !== undefined) {
        this.#report(keyPath, offset, syntaxMessages.MULTIPLE_ANCHORS);
      }
      if (key === '<<' && this.#kind.aliases === true) {
        merged.push(this.#valueOf(pair.value, path));
      } else if (key === '<<') {
        this.#report(path, offset, 'merge keys are not accepted; write them out');
      } else if (key === '__proto__') this.#report(path, offset, 'this key is not accepted');
      else if (Object.hasOwn(value, key)) {
        const first = this.#places.get(keyOf(keyPath))?.line;
        this.#report(path, offset, `"${echo(key)}" is here twice; first on line ${first}`);
      } else {
        this.#places.set(keyOf(keyPath), this.#placeAt(offset));
        value[key] = this.#valueOf(pair.value, keyPath);
      }
    }
    return withMerged(value, merged);
  }

  /** A key that is commented out is in the file all the same. Hashes and such are common there. */
  #reportSecretComments(text: string): void {
    for (const comment of text.matchAll(/(?<=^|\s)#.*$/gm)) {
      if (holdsKnownKey(comment[0])) this.#report([], comment.index, `this comment ${secretHere}`);
    }
  }

  #refused(path: KeyPath, offset: number, message: string): null {
    this.#report(path, offset, message);
    return null;
  }

  #report(path: KeyPath, offset: number, message: string): void {
    this.problems.push({ at: this.#placeAt(offset), path, message });
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.#textLength));
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function keyOf(path: KeyPath): string {
  return JSON.stringify(path);
}

/** What a map says itself comes before what it merges in, and the first merged before the rest. */
function withMerged(value: Record<string, unknown>, merged: readonly unknown[]) {
  for (const one of merged.flat()) {
    for (const [key, inner] of Object.entries(one ?? {})) {
      if (!Object.hasOwn(value, key)) value[key] = inner;
    }
  }
  return value;
}
