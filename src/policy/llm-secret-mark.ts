// Of a secret that llm does not hold: a short piece, by which it is known in a prompt. What is left
// unknown is beyond guessing; of what may not be so there is no mark.

import { secretBytesMin } from './llm-secret-forms.ts';

export interface SecretMark {
  readonly name: string;
  readonly mark: string;
  /** A key in a file of many lines can only be refused: nobody knows where the rest stands. */
  readonly kind: 'token' | 'key';
}

/** No fewer than of a value: the search for all moves on by the shortest. */
export const markChars = secretBytesMin;

/**
 * Null where a mark could help to guess the rest, or there is nothing secret. `isRandom`: made by
 * clincher, of 256 random bits.
 */
export function markOf(name: string, value: string, isRandom: boolean): SecretMark | null {
  const text = value.trim();
  const body = /-----BEGIN (.*)PRIVATE KEY-----\r?\n([^-]+)-----END /.exec(text)?.[2];
  if (body !== undefined) return keyMark(name, body.trim().split(/\r?\n/));
  if (!/^[\w-]{40,}$/.test(text) || !(isRandom || looksRandom(text))) return null;
  // Its beginning may be the same in others of its kind.
  return { name, mark: text.slice(-2 * markChars, -markChars), kind: 'token' };
}

/**
 * Two thirds on: in a key on an elliptic curve that is its public half (of the scalar, pieces would
 * help: Pollard's kangaroos), in RSA's one of five large numbers, in OpenSSH's Ed25519 the seed,
 * which is hashed. Within a line, whatever the ends of lines are.
 */
function keyMark(name: string, lines: readonly string[]): SecretMark | null {
  let left = Math.floor((lines.join('').length * 2) / 3);
  for (const line of lines) {
    if (left + markChars <= line.length) {
      const mark = line.slice(left, left + markChars);
      return /^[A-Za-z0-9+/]+$/.test(mark) ? { name, mark, kind: 'key' } : null;
    }
    left = Math.max(0, left - line.length);
  }
  return null;
}

/** 24 characters stay unknown: that is enough where a machine drew them, not where people did. */
function looksRandom(text: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(text));
  return kinds.length === 3 && new Set(text).size >= 22;
}
