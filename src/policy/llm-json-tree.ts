// A small piece of a scanned body as a tree over its bytes, and the one text that all spellings of
// a value share. Numbers keep every digit and repeated names stay seen, which a parse would lose.

import type { JsonKind } from './llm-json.ts';

export interface JsonNode {
  readonly kind: JsonKind;
  readonly start: number;
  /** The byte after it. */
  readonly end: number;
  /** Of a string: whether it has escapes. */
  readonly isEscaped: boolean;
  /** Of an object, in their order; a name may stand twice. */
  readonly members: readonly (readonly [key: string, value: JsonNode])[];
  /** Of an array. */
  readonly items: readonly JsonNode[];
}

const none = { isEscaped: false, members: [], items: [] } as const;

/** `bytes` hold valid JSON with a value at `start`: scanJsonObject has passed them. */
export function readJsonTree(bytes: Buffer, start: number): JsonNode {
  return new TreeReader(bytes, start).value();
}

/** Of a string. */
export function textOf(bytes: Buffer, { start, end, isEscaped }: JsonNode): string {
  if (!isEscaped) return bytes.toString('utf8', start + 1, end - 1);
  return JSON.parse(bytes.toString('utf8', start, end));
}

/** Where a name stands twice this is the last, as JSON.parse has it. */
export function childOf(node: JsonNode, key: string): JsonNode | undefined {
  return node.members.findLast(([name]) => name === key)?.[1];
}

/**
 * The same for two values that mean the same, else not: without spaces, members by name, one
 * spelling for each string and number. In the place of the value that starts at `hole` stands
 * nothing. Null where a name stands twice: readers differ on what that means.
 */
export function canonicalJson(bytes: Buffer, node: JsonNode, hole = -1): string | null {
  if (node.start === hole) return '';
  if (node.kind === 'array') {
    const items = node.items.map((item) => canonicalJson(bytes, item, hole));
    return items.includes(null) ? null : `[${items.join(',')}]`;
  }
  if (node.kind === 'object') {
    const sorted = node.members.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const texts: string[] = [];
    for (const [at, [key, value]] of sorted.entries()) {
      const text = canonicalJson(bytes, value, hole);
      if (text === null || sorted[at + 1]?.[0] === key) return null;
      texts.push(`${JSON.stringify(key)}:${text}`);
    }
    return `{${texts.join(',')}}`;
  }
  const { kind, start, end, isEscaped } = node;
  if (kind === 'string' && !isEscaped) return bytes.toString('utf8', start, end);
  // Half a surrogate pair stays an escape: as UTF-8 it would be the same as any other half.
  if (kind === 'string') return JSON.stringify(textOf(bytes, node));
  const written = bytes.toString('latin1', start, end);
  return kind === 'number' ? plainNumber(written) : written;
}

/** `1`, `1.0`, `10e-1` and `1E+0` are one number; as a decimal, never rounded. */
export function plainNumber(written: string): string {
  if (/^[1-9]$/.test(written)) return `${written}e0`;
  const [mantissa = '', exponentText = '0'] = written.toLowerCase().split('e');
  const isNegative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return isNegative ? '-0' : '0';
  const tens = digits.length - significant.length;
  const exponent = BigInt(exponentText) + BigInt(tens - fraction.length);
  return `${isNegative ? '-' : ''}${significant}e${exponent}`;
}

class TreeReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  value(): JsonNode {
    const start = this.#at;
    const byte = this.#bytes[start];
    if (byte === 0x22) return this.#string();
    if (byte === 0x7b) return this.#object(start);
    if (byte === 0x5b) return this.#array(start);
    while (isOfWord(this.#bytes[this.#at])) this.#at += 1;
    const kind = words.get(byte) ?? 'number';
    return { kind, start, end: this.#at, ...none };
  }

  #object(start: number): JsonNode {
    const members: [string, JsonNode][] = [];
    while (this.#next(0x7d)) {
      const key = this.#string();
      this.#space();
      this.#at += 1;
      this.#space();
      members.push([textOf(this.#bytes, key), this.value()]);
    }
    return { ...none, kind: 'object', start, end: this.#at, members };
  }

  #array(start: number): JsonNode {
    const items: JsonNode[] = [];
    while (this.#next(0x5d)) items.push(this.value());
    return { ...none, kind: 'array', start, end: this.#at, items };
  }

  /** Past the opening byte or a comma to the next element; false past the closing one. */
  #next(closing: number): boolean {
    this.#space();
    if (this.#bytes[this.#at] === closing) {
      this.#at += 1;
      return false;
    }
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] !== closing) return true;
    this.#at += 1;
    return false;
  }

  #string(): JsonNode {
    const [bytes, start] = [this.#bytes, this.#at];
    let at = start + 1;
    let isEscaped = false;
    for (let byte = bytes[at]; byte !== 0x22; byte = bytes[at]) {
      if (byte === 0x5c) isEscaped = true;
      at += byte === 0x5c ? 2 : 1;
    }
    this.#at = at + 1;
    return { ...none, kind: 'string', start, end: this.#at, isEscaped };
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }
}

const words: ReadonlyMap<number | undefined, JsonKind> = new Map([
  [0x74, 'true'],
  [0x66, 'false'],
  [0x6e, 'null'],
]);

/** Letters, digits, sign and point: what numbers and the three words are made of. */
function isOfWord(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  if (byte === 0x2c) return false;
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x2b && byte <= 0x39) || byte === 0x45;
}
