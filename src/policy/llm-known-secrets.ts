// Where secrets stand in an outgoing request, and what to write over: one pass for all of them, in
// every form they can have.

import { secretForms, secretPieces } from './llm-secret-forms.ts';
import { type Found, joined, makeSecretScanner } from './llm-secret-scan.ts';

export interface KnownSecret {
  readonly name: string;
  readonly text: string;
  /** What `text` is: all of it, or a mark of a token, or one of a key in a file. */
  readonly part: 'whole' | 'token' | 'key';
}

export interface Sighting {
  /** In order, none overlapping. */
  readonly places: readonly Found[];
  readonly names: readonly string[];
  /** Whether writing over the places leaves nothing of use. */
  readonly canMask: boolean;
}

/** Null where none is in the text. */
export type FindSecrets = (body: Buffer) => Sighting | null;

export function makeSecretFinder(secrets: readonly KnownSecret[]): FindSecrets {
  const owners = new Map(
    secrets.flatMap((secret) =>
      secretForms(secret.text).map((form) => [form as Uint8Array, secret] as const),
    ),
  );
  const pieces = new Set(secrets.flatMap(({ text }) => secretPieces(text)));
  const restOf = (pattern: Uint8Array, { part }: KnownSecret): Rest | null => {
    if (part === 'token') return ofToken;
    return pieces.has(Buffer.from(pattern).toString()) ? ofLines : null;
  };
  const scanner = makeSecretScanner([...owners.keys()]);
  return (body) => {
    const found = scanner.find(body);
    if (found.length === 0) return null;
    const seen = found.flatMap((one) => {
      const owner = owners.get(one.pattern);
      if (owner === undefined) return [];
      const rest = restOf(one.pattern, owner);
      return [{ owner, place: rest === null ? one : widened(body, one, rest) }];
    });
    return {
      places: joined(seen.map(({ place }) => place)),
      names: [...new Set(seen.map(({ owner }) => owner.name))],
      canMask: seen.every(({ owner }) => owner.part !== 'key'),
    };
  };
}

/** How far the rest of a part goes on each side, and whether over ends of lines. */
interface Rest {
  readonly bytesMax: number;
  readonly isInLines: boolean;
}

/** A token of 64 characters in base64, and less than that in hexadecimal. */
const ofToken: Rest = { bytesMax: 64, isInLines: false };
/** A piece stands in one line, and the lines beside it may have no whole one. */
const ofLines: Rest = { bytesMax: 160, isInLines: true };

/** What stands around a part without a gap is the rest of it. */
function widened(body: Buffer, { start, end }: Found, { bytesMax, isInLines }: Rest): Found {
  const least = Math.max(0, start - bytesMax);
  const most = Math.min(body.length, end + bytesMax);
  let [first, last] = [start, end];
  for (let from = -1; from !== first; ) {
    from = first;
    while (first > least && isOfToken(body[first - 1])) first -= 1;
    // An end of a line, of which the letter was passed for one of the token.
    if (!isInLines || first === start || !isLineEnd(body[first])) break;
    while (first > least && body[first - 1] === backslash) first -= 1;
  }
  for (let from = -1; from !== last; ) {
    from = last;
    while (last < most && isOfToken(body[last])) last += 1;
    let letter = last;
    while (letter < most && body[letter] === backslash) letter += 1;
    if (isInLines && letter > last && isLineEnd(body[letter])) last = letter + 1;
  }
  return { start: Math.min(start, afterEscape(body, first)), end: last };
}

const backslash = 0x5c;

function isLineEnd(byte = 0): boolean {
  return byte === 0x6e || byte === 0x72;
}

/** The letter of `\n` is not of the token, and without it the body would be no JSON. */
function afterEscape(body: Buffer, first: number): number {
  const back = body.subarray(Math.max(0, first - 5), first).lastIndexOf(backslash);
  if (back < 0) return first;
  const at = Math.max(0, first - 5) + back;
  return Math.max(first, at + (body[at + 1] === 0x75 ? 6 : 2));
}

function isOfToken(byte = 0): boolean {
  return /[A-Za-z0-9+/=_-]/.test(String.fromCharCode(byte));
}
