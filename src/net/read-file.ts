// Reads a file that may be replaced while a role runs: rules, certificates, revocation lists,
// credentials. What is put in its place must neither hang a reload nor fill the memory.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ClincherError } from '../kit/error.ts';

const fileBytesMax = 4 * 1024 * 1024;

/** @throws ClincherError `settings-invalid` for what is no file, is too large or cannot be read */
export async function readWholeFile(path: string): Promise<Buffer> {
  try {
    // Without blocking: opening a named pipe would wait for whoever writes to it.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) throw unreadable(path, found.isDirectory() ? 'EISDIR' : 'not a file');
    if (found.size > fileBytesMax) throw unreadable(path, `larger than ${fileBytesMax} bytes`);
    return await handle.readFile();
  } catch (cause) {
    if (cause instanceof ClincherError) throw cause;
    throw unreadable(path, (cause as NodeJS.ErrnoException).code ?? 'unknown error', cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): ClincherError {
  const more = cause === undefined ? {} : { cause };
  return new ClincherError('settings-invalid', `${path} cannot be read (${why})`, more);
}
