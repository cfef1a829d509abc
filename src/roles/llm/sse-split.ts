// Cuts a stream of server-sent events into the raw bytes of each, so that one can be left out and
// the rest stay as they were. Line ends are LF, CRLF or CR (WHATWG HTML, section 9.2.5).

export class SseSplitter {
  readonly #pendingBytesMax: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #lineEmpty = true;
  #lastCr = false;
  #overflowed = false;

  constructor(pendingBytesMax: number) {
    this.#pendingBytesMax = pendingBytesMax;
  }

  /** True once an event was longer than the bound: it came out in parts, and cannot be read. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** The events that this chunk completes. A LF that ends a CRLF may come first in the next one. */
  push(chunk: Buffer): Buffer[] {
    // Nearly every provider ends its lines with LF alone.
    if (!this.#lastCr && !chunk.includes(0x0d)) return this.#pushLines(chunk);
    const events: Buffer[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === 0x0a && this.#lastCr) {
        this.#lastCr = false;
        continue;
      }
      this.#lastCr = byte === 0x0d;
      if (byte !== 0x0a && byte !== 0x0d) {
        this.#lineEmpty = false;
        continue;
      }
      if (this.#lineEmpty) {
        events.push(this.#take(chunk.subarray(from, at + 1)));
        from = at + 1;
      }
      this.#lineEmpty = true;
    }
    this.#hold(chunk.subarray(from), events);
    return events;
  }

  #pushLines(chunk: Buffer): Buffer[] {
    const events: Buffer[] = [];
    let from = 0;
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, at);
      if (end < 0) break;
      if (end === at && this.#lineEmpty) {
        events.push(this.#take(chunk.subarray(from, end + 1)));
        from = end + 1;
      }
      this.#lineEmpty = true;
      at = end + 1;
    }
    if (at < chunk.length) this.#lineEmpty = false;
    this.#hold(chunk.subarray(from), events);
    return events;
  }

  /** What came after the last whole event. */
  end(): Buffer {
    return this.#take(Buffer.alloc(0));
  }

  #take(last: Buffer): Buffer {
    if (this.#pending.length === 0) return last;
    const event = Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return event;
  }

  #hold(rest: Buffer, events: Buffer[]): void {
    if (rest.length === 0) return;
    this.#pending.push(rest);
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes <= this.#pendingBytesMax) return;
    this.#overflowed = true;
    events.push(this.#take(Buffer.alloc(0)));
  }
}
