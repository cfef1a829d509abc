// The files of a layer as a tar archive, in one order whatever order they were declared in, with
// the folders above each.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { LayerFile } from './image.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

const folderMode = 0o755;

/** @throws ClincherError `image-input` */
export async function* layerBytes(files: readonly LayerFile[]): AsyncGenerator<Buffer> {
  for (const file of inOrder(files)) {
    const path = file.path.slice(1);
    if (file.kind === 'folder') {
      const { mode, owner = 0 } = file;
      yield tarHeader({ path, type: 'folder', mode, bytes: 0, owner });
    } else if (file.kind === 'link') {
      yield tarHeader({ path, type: 'link', mode: 0o777, bytes: 0, to: file.to });
    } else if (file.kind === 'file') {
      const bytes = file.content.length;
      yield tarHeader({ path, type: 'file', mode: file.mode, bytes });
      yield file.content;
      yield tarPadding(bytes);
    } else yield* copied(path, file.mode, file.from);
  }
  yield tarEnd;
}

async function* copied(path: string, mode: number, from: string): AsyncGenerator<Buffer> {
  const { size } = await stat(from);
  yield tarHeader({ path, type: 'file', mode, bytes: size });
  let written = 0;
  for await (const chunk of createReadStream(from) as AsyncIterable<Buffer>) {
    written += chunk.length;
    yield chunk;
  }
  if (written !== size) {
    throw new ClincherError('image-input', `${from} was changed while it was put into an image`, {
      fix: 'Run the same command again when nothing writes there.',
    });
  }
  yield tarPadding(size);
}

/** By name, each folder before what is in it, each path once: the last one declared. */
function inOrder(files: readonly LayerFile[]): readonly LayerFile[] {
  const all = new Map<string, LayerFile>();
  for (const file of files) {
    for (let dir = posix.dirname(file.path); dir !== '/'; dir = posix.dirname(dir)) {
      if (!all.has(dir)) all.set(dir, { path: dir, kind: 'folder', mode: folderMode });
    }
    all.set(file.path, file);
  }
  // By bytes and not by a language's rules; a folder's name is the beginning of what is in it.
  return [...all.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}
