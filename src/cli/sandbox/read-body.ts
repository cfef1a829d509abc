// The body of a call that is asked about: a file or standard input.

import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { ClincherError } from '../../kit/error.ts';

/** @throws ClincherError `usage` when the file cannot be read */
export async function readBody(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ClincherError('usage', `--body ${file} cannot be read`, {
      fix: 'Name a file that holds the JSON of the call, or - for standard input.',
      cause,
    });
  }
}
