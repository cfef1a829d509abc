// Memory for large bodies that is used again: made anew for each, half a megabyte at a time, it
// keeps the garbage collector busier than all else.

/** What is smaller is cheap to make; what is larger is rare. */
const bytesMin = 32 * 1024;
const bytesMax = 2 * 1024 * 1024;
/** Kept while nobody uses it. */
const spareBytesMax = 16 * 1024 * 1024;

export class SpareBuffers {
  /** By size, which is a power of two. */
  readonly #spare = new Map<number, Buffer[]>();
  #spareBytes = 0;

  /** At least that long; what is in it is left over. Null: not worth it. */
  take(bytes: number): Buffer | null {
    if (bytes < bytesMin || bytes > bytesMax) return null;
    const size = 2 ** Math.ceil(Math.log2(bytes));
    const known = this.#spare.get(size)?.pop();
    if (known === undefined) return Buffer.allocUnsafeSlow(size);
    this.#spareBytes -= size;
    return known;
  }

  /** Once, when nobody reads or writes it any more. */
  giveBack(buffer: Buffer): void {
    if (this.#spareBytes + buffer.length > spareBytesMax) return;
    const same = this.#spare.get(buffer.length) ?? [];
    this.#spare.set(buffer.length, same);
    same.push(buffer);
    this.#spareBytes += buffer.length;
  }
}
