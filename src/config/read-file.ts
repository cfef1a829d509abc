// Reads the user's file, and says what is the matter when it cannot: missing, no rights, not a
// file, too large, not text.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ClincherError } from '../kit/error.ts';

/** A file written by hand is a hundred times smaller; whatever is larger is not one. */
export const configBytesMax = 256 * 1024;

/** @throws ClincherError `config-missing`, `config-unreadable` */
export async function readConfigFile(path: string): Promise<string> {
  await using handle = await opened(path);
  const stat = await handle.stat();
  if (!stat.isFile()) throw unreadable(path, stat.isDirectory() ? 'is a folder' : 'is not a file');
  // One byte more than allowed, so that a file that grows while it is read is noticed too.
  const buffer = Buffer.alloc(configBytesMax + 1);
  const length = await fill(handle, buffer, path);
  if (length > configBytesMax)
    throw unreadable(path, `is larger than ${configBytesMax / 1024} KiB`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } catch (cause) {
    throw unreadable(path, 'is not UTF-8 text', cause);
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    // Without blocking: a named pipe in the file's place must not hang the command.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new ClincherError('config-missing', `there is no file ${path}`, {
        fix: '`clincher init` writes a starter, as does `clincher up`; --config names another file.',
        cause,
      });
    }
    if (code === 'EACCES') throw unreadable(path, 'may not be read by this user', cause);
    throw unreadable(path, `cannot be opened (${code})`, cause);
  }
}

async function fill(handle: FileHandle, buffer: Buffer, path: string): Promise<number> {
  let length = 0;
  try {
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
  } catch (cause) {
    throw unreadable(path, 'cannot be read', cause);
  }
  return length;
}

function unreadable(path: string, what: string, cause?: unknown): ClincherError {
  return new ClincherError('config-unreadable', `${path} ${what}`, {
    fix: 'Make it a text file that this user can read, or name another one with --config.',
    ...(cause === undefined ? {} : { cause }),
  });
}
