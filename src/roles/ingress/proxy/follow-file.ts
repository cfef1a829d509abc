// Reads the lines that a program adds to a file of its own, and has it begin another before the
// file grows large.

import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { LineCutter } from '../../../kit/child-program.ts';

export interface FollowedFile {
  close(): Promise<void>;
}

const bytesMax = 4 * 1024 * 1024;
const chunkBytes = 64 * 1024;
/** Where the kernel gave no word of a change. */
const lookEveryMs = 1_000;

/** `beginAnother` makes the program open the path anew; the file is made here. */
export async function followFile(
  path: string,
  line: (text: string) => void,
  beginAnother: () => void,
): Promise<FollowedFile> {
  const lines = new LineCutter(line);
  let file = await open(path, 'a+', 0o600);
  let at = 0;
  let watcher: FSWatcher | null = null;
  const read = async () => {
    at = await readOn(file, at, lines);
    if (at <= bytesMax) return;
    await rename(path, `${path}.old`);
    const old = file;
    file = await open(path, 'a+', 0o600);
    beginAnother();
    // What was on its way to the old one when the program changed over.
    const end = at;
    at = 0;
    setTimeout(() => {
      void readOn(old, end, lines)
        .then(() => old.close())
        .then(() => rm(`${path}.old`, { force: true }));
    }, lookEveryMs).unref();
    watcher?.close();
    watcher = watch(path, () => again());
  };
  const again = inTurn(read);
  watcher = watch(path, () => again());
  const timer = setInterval(() => again(), lookEveryMs).unref();
  return {
    async close() {
      clearInterval(timer);
      watcher?.close();
      await again();
      await file.close();
    },
  };
}

async function readOn(file: FileHandle, from: number, lines: LineCutter): Promise<number> {
  let at = from;
  const buffer = Buffer.alloc(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, at);
    if (bytesRead === 0) return at;
    lines.add(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** One at a time; who asks meanwhile waits for one more after it. */
function inTurn(work: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve();
  let waiting: Promise<void> | null = null;
  return () => {
    waiting ??= last.then(() => {
      waiting = null;
      last = work();
      return last;
    });
    return waiting;
  };
}
