// A strict JSON scan over bytes (RFC 8259) that says where each top-level value lies and what
// kinds of content are named below. Bodies are forwarded byte for byte, so they are measured and
// cut, never re-serialised.

import { Fault, StringPasser } from './llm-json-string.ts';

export type JsonKind = 'string' | 'number' | 'object' | 'array' | 'true' | 'false' | 'null';

export interface JsonMember {
  /** Escapes undone: the key a parser would see. */
  readonly key: string;
  /** The byte of its opening quote. */
  readonly keyStart: number;
  readonly valueStart: number;
  /** The byte after the value. */
  readonly valueEnd: number;
  readonly kind: JsonKind;
  /** Where the last element of an array begins; null for an empty one and for other kinds. */
  readonly lastStart: number | null;
}

export interface JsonScan {
  /** The byte after the `{`: where a member can be put first. */
  readonly inside: number;
  readonly members: readonly JsonMember[];
  /** How often each string stands as the value of a key `type`, opaque parts left out. */
  readonly types: ReadonlyMap<string, number>;
  /** Every string that stands as the value of a key `ttl`, opaque parts included. */
  readonly ttls: ReadonlySet<string>;
  readonly hasCacheControl: boolean;
  /** What stands for content that is kept elsewhere, opaque parts left out. */
  readonly stored: ReadonlySet<StoredContent>;
}

/**
 * `id`: an object that has one and no `type`; `reasoning`: one of that type with an id and without
 * what it stands for; `cached_content`: a text under that key.
 */
export type StoredContent = 'id' | 'reasoning' | 'cached_content';

export interface JsonFault {
  readonly fault: string;
  readonly offset: number;
}

export const jsonLimits = { depthMax: 128, membersMax: 128, typesMax: 64 } as const;

/** Below these keys stands the user's own data or a schema; a `type` there names no content. */
const opaqueKeys = new Set(['input', 'input_schema', 'parameters', 'schema', 'metadata']);
const watchedKeys = [
  ...['type', 'ttl', 'cache_control', 'id', 'encrypted_content', 'audio'],
  ...['cached_content', 'cachedContent', ...opaqueKeys],
];
const watchedLengthMax = Math.max(...watchedKeys.map(({ length }) => length));
/** By their lengths, which tell most keys from all of them. */
const watched = Array.from({ length: watchedLengthMax + 1 }, (_, length) =>
  watchedKeys
    .filter((key) => key.length === length)
    .map((key) => ({ key, bytes: Buffer.from(key) })),
);
/** What an object has, as bits: objects are too many for more. */
const has = { id: 1, type: 2, reasoning: 4, encrypted: 8 } as const;

/** The object in `bytes` from `start`, which must be all that is there; never throws. */
export function scanJsonObject(bytes: Uint8Array): JsonScan | JsonFault {
  try {
    return new Scanner(bytes).document();
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message, offset: error.offset };
    throw error;
  }
}

function isAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index += 1) {
    if (bytes[start + index] !== wanted[index]) return false;
  }
  return true;
}

class Scanner {
  readonly #bytes: Buffer;
  readonly #strings: StringPasser;
  #at = 0;
  #opaque = 0;
  #lastElement: number | null = null;
  readonly #types = new Map<string, number>();
  readonly #ttls = new Set<string>();
  #hasCacheControl = false;
  readonly #stored = new Set<StoredContent>();
  /** Of the object that is being read. */
  #seen = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#strings = new StringPasser(this.#bytes);
  }

  document(): JsonScan {
    this.#space();
    if (this.#bytes[this.#at] !== 0x7b) throw new Fault('the body must be a JSON object', this.#at);
    const inside = this.#at + 1;
    const members: JsonMember[] = [];
    this.#object(1, members);
    this.#space();
    if (this.#at !== this.#bytes.length) throw new Fault('text after the JSON object', this.#at);
    const [types, ttls, stored] = [this.#types, this.#ttls, this.#stored];
    return { inside, members, types, ttls, hasCacheControl: this.#hasCacheControl, stored };
  }

  #object(depth: number, members: JsonMember[] | null): void {
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] === 0x7d) {
      this.#at += 1;
      return;
    }
    const outer = this.#seen;
    this.#seen = 0;
    do this.#member(depth, members);
    while (this.#more(0x7d));
    if ((this.#seen & has.id) !== 0 && members === null && this.#opaque === 0) this.#identified();
    this.#seen = outer;
  }

  #identified(): void {
    if ((this.#seen & has.type) === 0) this.#stored.add('id');
    if ((this.#seen & (has.reasoning | has.encrypted)) === has.reasoning) {
      this.#stored.add('reasoning');
    }
  }

  #member(depth: number, members: JsonMember[] | null): void {
    const keyStart = this.#at;
    if (this.#bytes[keyStart] !== 0x22) throw new Fault('a key was expected', keyStart);
    this.#string();
    const key = this.#key(keyStart, members !== null);
    this.#space();
    if (this.#bytes[this.#at] !== 0x3a) throw new Fault('a colon was expected', this.#at);
    this.#at += 1;
    this.#space();
    const valueStart = this.#at;
    // At the top, `input` is what the model reads.
    const isOpaque = (depth > 1 || key === 'metadata') && opaqueKeys.has(key);
    if (isOpaque) this.#opaque += 1;
    if (members !== null) this.#lastElement = null;
    const kind = this.#value(depth);
    if (isOpaque) this.#opaque -= 1;
    if (members === null) {
      this.#watch(key, kind, valueStart);
      return;
    }
    if (members.length === jsonLimits.membersMax) throw new Fault('too many members', keyStart);
    const lastStart = this.#lastElement;
    members.push({ key, keyStart, valueStart, valueEnd: this.#at, kind, lastStart });
    if (key === 'cache_control') this.#hasCacheControl = true;
  }

  /**
   * The decoded key where it matters, else ''. Millions of long nested keys must cost no strings.
   */
  #key(start: number, always: boolean): string {
    if (always) return this.#text(start);
    const length = this.#at - start - 2;
    if (this.#strings.escaped) {
      const key = length > 6 * watchedLengthMax ? '' : this.#text(start);
      return watchedKeys.includes(key) ? key : '';
    }
    for (const { key, bytes } of watched[length] ?? []) {
      if (isAt(this.#bytes, start + 1, bytes)) return key;
    }
    return '';
  }

  #watch(key: string, kind: JsonKind, valueStart: number): void {
    if (key === '') return;
    if (key === 'cache_control') this.#hasCacheControl = true;
    // One that was heard before is named by its id, and costs as audio does.
    if (key === 'audio' && kind === 'object' && this.#opaque === 0)
      this.#count('input_audio', valueStart);
    if (kind !== 'string') return;
    if (key === 'id') this.#seen |= has.id;
    if (key === 'encrypted_content') this.#seen |= has.encrypted;
    if (key === 'cached_content' || key === 'cachedContent') this.#stored.add('cached_content');
    if (key === 'ttl' && this.#ttls.size < jsonLimits.typesMax) {
      this.#ttls.add(this.#shortText(valueStart));
    }
    if (key !== 'type' || this.#opaque > 0) return;
    const type = this.#shortText(valueStart);
    this.#seen |= type === 'reasoning' ? has.type | has.reasoning : has.type;
    this.#count(type, valueStart);
  }

  #count(type: string, valueStart: number): void {
    const known = this.#types.get(type);
    if (known === undefined && this.#types.size === jsonLimits.typesMax) {
      throw new Fault('too many kinds of content', valueStart);
    }
    this.#types.set(type, (known ?? 0) + 1);
  }

  #shortText(start: number): string {
    return this.#at - start > 256 ? '(long)' : this.#text(start);
  }

  /** Of the string that was passed last. */
  #text(start: number): string {
    if (!this.#strings.escaped) return this.#bytes.toString('utf8', start + 1, this.#at - 1);
    return JSON.parse(this.#bytes.toString('utf8', start, this.#at));
  }

  #value(depth: number): JsonKind {
    const byte = this.#bytes[this.#at];
    if (byte === 0x22) return this.#string();
    if (byte === 0x7b || byte === 0x5b) {
      if (depth === jsonLimits.depthMax) throw new Fault('nested too deeply', this.#at);
      if (byte === 0x5b) return this.#array(depth + 1);
      this.#object(depth + 1, null);
      return 'object';
    }
    if (byte === 0x74) return this.#word('true');
    if (byte === 0x66) return this.#word('false');
    if (byte === 0x6e) return this.#word('null');
    return this.#number();
  }

  #array(depth: number): JsonKind {
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] === 0x5d) {
      this.#at += 1;
      return 'array';
    }
    for (;;) {
      if (depth === 2) this.#lastElement = this.#at;
      this.#value(depth);
      if (!this.#more(0x5d)) return 'array';
    }
  }

  /** After a member or an element: true at a comma, false at the closing byte; both are passed. */
  #more(closing: number): boolean {
    this.#space();
    const byte = this.#bytes[this.#at];
    if (byte !== 0x2c && byte !== closing) {
      throw new Fault('a comma or the end of the list was expected', this.#at);
    }
    this.#at += 1;
    if (byte === closing) return false;
    this.#space();
    return true;
  }

  #string(): 'string' {
    this.#at = this.#strings.pass(this.#at);
    return 'string';
  }

  #number(): 'number' {
    // 64 bytes hold every number anyone means; RFC 8259 section 9 allows a limit.
    const text = this.#bytes.toString('latin1', this.#at, this.#at + 65);
    const match = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/.exec(text);
    if (match === null) throw new Fault('a value was expected', this.#at);
    if (match[0].length > 64) throw new Fault('too long a number', this.#at);
    this.#at += match[0].length;
    return 'number';
  }

  #word(word: 'true' | 'false' | 'null'): JsonKind {
    const end = this.#at + word.length;
    const found = this.#bytes.toString('latin1', this.#at, end);
    if (found !== word) throw new Fault('a value was expected', this.#at);
    this.#at = end;
    return word;
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }
}
