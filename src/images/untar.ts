// The files of a tar as `tar.ts` writes it, one after the other. Any other archive is refused: each
// header is made again from what it says and compared.

import { ClincherError } from '../kit/error.ts';
import { blockBytes, tarEnd, tarHeader, tarPadding } from './tar.ts';

export interface ArchivedFile {
  readonly path: string;
  readonly bytes: number;
  /** To be read to its end before the next file. */
  readonly content: AsyncIterable<Buffer>;
}

const nameBytesMax = 100;
const fileMode = 0o644;

/** @throws ClincherError `image-changed` */
export async function* tarFiles(archive: AsyncIterable<Buffer>): AsyncGenerator<ArchivedFile> {
  const source = new Chunks(archive);
  for (;;) {
    const header = await source.exactly(blockBytes);
    if (header.every((byte) => byte === 0)) return await atEnd(header, source);
    const path = header.toString('utf8', 0, header.subarray(0, nameBytesMax).indexOf(0));
    const bytes = Number.parseInt(header.toString('latin1', 124, 135), 8);
    const expected =
      Number.isSafeInteger(bytes) && bytes >= 0
        ? tarHeader({ path, type: 'file', mode: fileMode, bytes })
        : null;
    if (expected === null || !header.equals(expected)) throw changed('a header is not as written');
    yield { path, bytes, content: source.next(bytes) };
    const padding = tarPadding(bytes);
    if (!(await source.exactly(padding.length)).equals(padding))
      throw changed('there is something between two files');
  }
}

async function atEnd(first: Buffer, source: Chunks): Promise<void> {
  const rest = await source.exactly(tarEnd.length - first.length);
  if (rest.some((byte) => byte !== 0) || !(await source.ended()))
    throw changed('there is something behind its end');
}

/** A stream of chunks of any size, read by the number of bytes. */
class Chunks {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async exactly(bytes: number): Promise<Buffer> {
    return joined(this.next(bytes));
  }

  async *next(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#fill())) throw changed('it ends too early');
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  async ended(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#fill());
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#rest = value;
    return value.length > 0 || this.#fill();
  }
}

export async function joined(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

export function changed(what: string): ClincherError {
  return new ClincherError('image-changed', `the archive is not what was saved: ${what}`, {
    fix: 'Copy it again from the machine that it was saved on, or save it there again.',
  });
}
