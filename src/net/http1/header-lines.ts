// The head of an HTTP/1.1 message as text, read in the one strict way: what two parsers could read
// in two ways is refused. For wires that stop being HTTP, where a lenient parser is in the way.

import type { RawHeaders } from '../http-headers.ts';

/** Where the head ends, with its empty line; `bare` when a line ends in the wrong way before. */
export function endOfHead(bytes: Buffer, from: number): number | 'more' | 'bare' {
  // A CR LF may lie across two reads.
  let at = bytes.indexOf(lf, Math.max(0, from - 1));
  while (at !== -1) {
    if (at === 0 || bytes[at - 1] !== cr) return 'bare';
    if (at >= 3 && bytes[at - 2] === lf) return at + 1;
    if (at === 1) return 'bare'; // An empty line in the place of the first one.
    at = bytes.indexOf(lf, at + 1);
  }
  return 'more';
}

const cr = 0x0d;
const lf = 0x0a;
const headersMax = 100;

/** RFC 9110, 5.6.2: a token, then a colon with no space before it, and no folded lines. */
const line =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?[ \t]*$/;

/** Names in lower case, values without the space around them; null when a line is none. */
export function readHeaderLines(lines: readonly string[]): RawHeaders | null {
  if (lines.length > headersMax) return null;
  const headers: string[] = [];
  for (const text of lines) {
    const match = line.exec(text);
    if (match?.[1] === undefined) return null;
    headers.push(match[1].toLowerCase(), match[2] ?? '');
  }
  return headers;
}

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' };

const length = /^(?:0|[1-9][0-9]{0,14})$/;

/**
 * How long the body is, by RFC 9112, 6.3, without its leniencies: both ways at once, one of them
 * twice, a list, a sign or another coding are null.
 */
export function framingOf(headers: RawHeaders): Framing | null {
  let framing: Framing = { kind: 'none' };
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index];
    if (name !== 'content-length' && name !== 'transfer-encoding') continue;
    if (framing.kind !== 'none') return null;
    const value = headers[index + 1] ?? '';
    if (name === 'content-length') {
      if (!length.test(value)) return null;
      framing = { kind: 'length', bytes: Number(value) };
    } else {
      if (value.toLowerCase() !== 'chunked') return null;
      framing = { kind: 'chunked' };
    }
  }
  return framing;
}

/** The one value of a header; undefined when there is none, null when there are several. */
export function onlyValue(headers: RawHeaders, name: string): string | undefined | null {
  let found: string | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) continue;
    if (found !== undefined) return null;
    found = headers[index + 1];
  }
  return found;
}

/** Whether a header that is a list of words has this one, in lower case. */
export function hasToken(headers: RawHeaders, name: string, token: string): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) continue;
    const words = (headers[index + 1] ?? '').toLowerCase().split(',');
    if (words.some((word) => word.trim() === token)) return true;
  }
  return false;
}
