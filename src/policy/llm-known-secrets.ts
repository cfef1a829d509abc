// Where secrets stand in an outgoing request, and what to write over: one pass for all of them, in
// every form they can have.

import { secretForms } from './llm-secret-forms.ts';
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
  const scanner = makeSecretScanner([...owners.keys()]);
  return (body) => {
    const found = scanner.find(body);
    if (found.length === 0) return null;
    const seen = found.flatMap((one) => {
      const owner = owners.get(one.pattern);
      return owner === undefined ? [] : [{ owner, place: one }];
    });
    return {
      places: joined(
        seen.map(({ owner, place }) => (owner.part === 'token' ? widened(body, place) : place)),
      ),
      names: [...new Set(seen.map(({ owner }) => owner.name))],
      canMask: seen.every(({ owner }) => owner.part !== 'key'),
    };
  };
}

/** A token of 64 characters in base64, and less than that in hexadecimal, on each side. */
const aroundBytes = 64;

/** What stands around a mark without a gap is the rest of its token. */
function widened(body: Buffer, { start, end }: Found): Found {
  let [first, last] = [start, end];
  while (first > Math.max(0, start - aroundBytes) && isOfToken(body[first - 1])) first -= 1;
  while (last < Math.min(body.length, end + aroundBytes) && isOfToken(body[last])) last += 1;
  return { start: Math.min(start, afterEscape(body, first)), end: last };
}

/** The letter of `\n` is not of the token, and without it the body would be no JSON. */
function afterEscape(body: Buffer, first: number): number {
  const backslash = body.subarray(Math.max(0, first - 5), first).lastIndexOf(0x5c);
  if (backslash < 0) return first;
  const at = Math.max(0, first - 5) + backslash;
  return Math.max(first, at + (body[at + 1] === 0x75 ? 6 : 2));
}

function isOfToken(byte = 0): boolean {
  return /[A-Za-z0-9+/=_-]/.test(String.fromCharCode(byte));
}
