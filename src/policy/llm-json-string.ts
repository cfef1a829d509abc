// Passes strings of JSON (RFC 8259, section 7) in a body: most of its bytes stand in them, so long
// ones are left to a program that looks at many at once.

import { loadRun, runFrom, runWindowBytes } from './llm-string-run.ts';

export class Fault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** What may stand in a string as it is. */
const plain = 1;
const inString = new Uint8Array(256).fill(plain, 0x20);
inString[0x22] = 0;
inString[0x5c] = 0;

/** Strings shorter than this are passed here: keys and the like. */
const shortBytes = 16;
const escapeBytesMax = 6;

export class StringPasser {
  readonly #bytes: Buffer;
  /** Which of the bytes are loaded to be looked at. */
  #from = 0;
  #until = 0;
  /** Whether there was an escape in the string that was passed last. */
  escaped = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** From its opening quote to the byte after its closing one. */
  pass(start: number): number {
    const bytes = this.#bytes;
    const near = start + shortBytes;
    let at = start + 1;
    this.escaped = false;
    while (at < near && inString[bytes[at] ?? 0] === plain) at += 1;
    if (bytes[at] !== 0x22) at = this.#pastRun(at);
    const byte = bytes[at];
    if (byte === 0x22) return at + 1;
    if (byte === undefined) throw new Fault('a string without an end', start);
    if (byte === 0x5c) throw new Fault('an unknown escape in a string', at);
    throw new Fault('a control character in a string', at);
  }

  /** Where something stands that is neither text nor an escape. */
  #pastRun(start: number): number {
    let at = start;
    for (;;) {
      if (at >= this.#until) this.#load(at);
      const told = runFrom(at - this.#from);
      at = this.#from + (told >> 1);
      if ((told & 1) === 1) this.escaped = true;
      // An escape that the end of what is loaded has cut is looked at whole.
      const isNearEnd = at + escapeBytesMax > this.#until && this.#until < this.#bytes.length;
      if (!isNearEnd || at === this.#from) return at;
      this.#load(at);
    }
  }

  /** A body is read through before the next one is begun: nobody else's bytes are in between. */
  #load(from: number): void {
    this.#from = from;
    this.#until = Math.min(this.#bytes.length, from + runWindowBytes);
    loadRun(this.#bytes.subarray(from, this.#until));
  }
}
