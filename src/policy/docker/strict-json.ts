// Reads JSON that a client sent to the daemon, and refuses what two readers could read in two ways:
// the daemon's reader takes the last of two equal keys and does not mind the case of letters, so
// bodies are read whole here and written anew.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

export interface JsonFault {
  readonly fault: string;
}

export const strictJsonLimits = { depthMax: 16, itemsMax: 4_096 } as const;

/** Whole numbers only: no field of the API is anything else. Never throws. */
export function readStrictJson(bytes: Uint8Array): { readonly value: Json } | JsonFault {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { fault: 'it is not UTF-8' };
  }
  try {
    return { value: new Reader(text).document() };
  } catch (error) {
    if (error instanceof Unclear) return { fault: error.message };
    throw error;
  }
}

class Unclear extends Error {}

const space = /[ \n\r\t]*/y;
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const integer = /-?(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
const word = /true|false|null/y;

class Reader {
  readonly #text: string;
  #at = 0;
  #items = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    const value = this.#value(1);
    if (this.#at !== this.#text.length) throw this.#unclear('there is text after the end');
    return value;
  }

  /** With the white space around it. */
  #value(depth: number): Json {
    this.#items += 1;
    if (this.#items > strictJsonLimits.itemsMax) throw this.#unclear('it has too many values');
    if (depth > strictJsonLimits.depthMax) throw this.#unclear('it is nested too deeply');
    this.#take(space);
    const value = this.#bare(depth);
    this.#take(space);
    return value;
  }

  #bare(depth: number): Json {
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    const number = this.#take(integer);
    if (number !== null) return this.#number(number);
    const name = this.#take(word);
    if (name === null) throw this.#unclear('a value was expected');
    return name === 'null' ? null : name === 'true';
  }

  #number(text: string): number {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw this.#unclear('a number is not a whole one that is read the same everywhere');
    }
    return value;
  }

  #string(): string {
    const text = this.#take(string);
    if (text === null) throw this.#unclear('a string is not well formed');
    const value: string = JSON.parse(text);
    if (!value.isWellFormed() || value.includes('\u0000')) {
      throw this.#unclear('a string holds what is no character');
    }
    return value;
  }

  #array(depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#at += 1;
    this.#take(space);
    if (this.#eat(']')) return items;
    for (;;) {
      items.push(this.#value(depth + 1));
      if (this.#eat(']')) return items;
      if (!this.#eat(',')) throw this.#unclear('a comma was expected');
    }
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, Json>();
    this.#at += 1;
    this.#take(space);
    if (this.#eat('}')) return members;
    for (;;) {
      this.#take(space);
      const key = this.#string();
      if (members.has(key)) throw this.#unclear(`"${key.slice(0, 64)}" is given twice`);
      this.#take(space);
      if (!this.#eat(':')) throw this.#unclear('a colon was expected');
      members.set(key, this.#value(depth + 1));
      if (this.#eat('}')) return members;
      if (!this.#eat(',')) throw this.#unclear('a comma was expected');
    }
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #eat(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #unclear(says: string): Unclear {
    return new Unclear(`${says} (at character ${this.#at})`);
  }
}

/** `JSON.stringify` for what readStrictJson gives. */
export function writeJson(value: Json): string {
  if (value instanceof Map) {
    const members = [...value].map(([key, each]) => `${JSON.stringify(key)}:${writeJson(each)}`);
    return `{${members.join(',')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  return JSON.stringify(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
