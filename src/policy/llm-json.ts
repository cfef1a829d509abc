// A strict JSON scan over bytes (RFC 8259) that says where each top-level value lies and what
// kinds of content are named below. Bodies are forwarded byte for byte, so they are measured and
// cut, never re-serialised.

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
}

export interface JsonFault {
  readonly fault: string;
  readonly offset: number;
}

export const jsonLimits = { depthMax: 128, membersMax: 128, typesMax: 64 } as const;

/** Below these keys stands the user's own data or a schema; a `type` there names no content. */
const opaqueKeys = new Set(['input', 'input_schema', 'parameters', 'schema', 'metadata']);
const watchedKeys = new Set(['type', 'ttl', 'cache_control', ...opaqueKeys]);
const watchedLengthMax = 13;

/** The object in `bytes` from `start`, which must be all that is there; never throws. */
export function scanJsonObject(bytes: Uint8Array): JsonScan | JsonFault {
  try {
    return new Scanner(bytes).document();
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message, offset: error.offset };
    throw error;
  }
}

class Fault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;
  #opaque = 0;
  #escaped = false;
  #lastElement: number | null = null;
  readonly #types = new Map<string, number>();
  readonly #ttls = new Set<string>();
  #hasCacheControl = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  document(): JsonScan {
    this.#space();
    if (this.#bytes[this.#at] !== 0x7b) throw new Fault('the body must be a JSON object', this.#at);
    const inside = this.#at + 1;
    const members: JsonMember[] = [];
    this.#object(1, members);
    this.#space();
    if (this.#at !== this.#bytes.length) throw new Fault('text after the JSON object', this.#at);
    const [types, ttls, hasCacheControl] = [this.#types, this.#ttls, this.#hasCacheControl];
    return { inside, members, types, ttls, hasCacheControl };
  }

  #object(depth: number, members: JsonMember[] | null): void {
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] === 0x7d) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#member(depth, members);
      if (this.#more(0x7d)) continue;
      return;
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
    const isOpaque = depth > 1 && opaqueKeys.has(key);
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
    const length = this.#at - start - 2;
    if (!always && length > (this.#escaped ? 6 : 1) * watchedLengthMax) return '';
    const key = this.#text(start);
    return always || watchedKeys.has(key) ? key : '';
  }

  #watch(key: string, kind: JsonKind, valueStart: number): void {
    if (key === 'cache_control') this.#hasCacheControl = true;
    if (kind !== 'string') return;
    if (key === 'ttl' && this.#ttls.size < jsonLimits.typesMax) {
      this.#ttls.add(this.#shortText(valueStart));
    }
    if (key !== 'type' || this.#opaque > 0) return;
    const type = this.#shortText(valueStart);
    const known = this.#types.get(type);
    if (known === undefined && this.#types.size === jsonLimits.typesMax) {
      throw new Fault('too many kinds of content', valueStart);
    }
    this.#types.set(type, (known ?? 0) + 1);
  }

  #shortText(start: number): string {
    return this.#at - start > 256 ? '(long)' : this.#text(start);
  }

  #text(start: number): string {
    return JSON.parse(Buffer.from(this.#bytes.subarray(start, this.#at)).toString('utf8'));
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
    const bytes = this.#bytes;
    let at = this.#at + 1;
    this.#escaped = false;
    for (;;) {
      const byte = bytes[at];
      if (byte === 0x22) break;
      if (byte === undefined) throw new Fault('a string without an end', this.#at);
      if (byte < 0x20) throw new Fault('a control character in a string', at);
      at += byte === 0x5c ? this.#escapeLength(at) : 1;
    }
    this.#at = at + 1;
    return 'string';
  }

  #escapeLength(at: number): number {
    this.#escaped = true;
    const byte = this.#bytes[at + 1];
    if (byte !== undefined && '"\\/bfnrt'.includes(String.fromCharCode(byte))) return 2;
    const hex = Buffer.from(this.#bytes.subarray(at + 1, at + 6)).toString('latin1');
    if (!/^u[0-9a-fA-F]{4}$/.test(hex)) throw new Fault('an unknown escape in a string', at);
    return 6;
  }

  #number(): 'number' {
    // 64 bytes hold every number anyone means; RFC 8259 section 9 allows a limit.
    const text = Buffer.from(this.#bytes.subarray(this.#at, this.#at + 65)).toString('latin1');
    const match = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/.exec(text);
    if (match === null) throw new Fault('a value was expected', this.#at);
    if (match[0].length > 64) throw new Fault('too long a number', this.#at);
    this.#at += match[0].length;
    return 'number';
  }

  #word(word: 'true' | 'false' | 'null'): JsonKind {
    const end = this.#at + word.length;
    const found = Buffer.from(this.#bytes.subarray(this.#at, end)).toString('latin1');
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
