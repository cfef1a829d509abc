// The bearer token a route asks for, compared in constant time.

import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ClincherError } from '../../kit/error.ts';
import { headerValues } from '../../net/http-headers.ts';

export interface Bearer {
  /** For a program that compares by itself. */
  readonly token: string;
  /** Whether the request carries the token, in its one Authorization header. */
  admits(rawHeaders: readonly string[]): boolean;
}

/**
 * @throws ClincherError `secret-missing` when the file is not there or holds nothing: never an open
 * route.
 */
export async function readBearer(file: string): Promise<Bearer> {
  const token = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    (cause: unknown) => {
      throw missing(file, cause);
    },
  );
  if (token === '') throw missing(file, undefined);
  const wanted = digest(token);
  return {
    token,
    admits(rawHeaders) {
      const values = headerValues(rawHeaders, 'authorization');
      const given = values.length === 1 ? /^Bearer +(\S+)$/i.exec(values[0] ?? '')?.[1] : undefined;
      // Digests have one length, so the comparison tells nothing about the token's.
      return timingSafeEqual(digest(given ?? ''), wanted) && given !== undefined;
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function missing(file: string, cause: unknown): ClincherError {
  return new ClincherError('secret-missing', `The bearer token file ${file} has no token.`, {
    fix: 'Start the stack again: clincher makes the tokens it needs.',
    cause,
  });
}
