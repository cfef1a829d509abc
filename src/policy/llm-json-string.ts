// Passes strings of JSON (RFC 8259, section 7) in a body: most of its bytes stand in them, so four
// are looked at together.

export class Fault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** What may stand in a string as it is, and after a backslash: most bytes are told by one look. */
const plain = 1;
const inString = new Uint8Array(256).fill(plain, 0x20);
inString[0x22] = 0;
inString[0x5c] = 0;
const afterBackslash = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) afterBackslash[byte] = plain;

/** Strings shorter than this are passed byte by byte. */
const runBytes = 16;

/** Not zero where one of four bytes is below 0x20, a quote or a backslash: told by carries. */
function endsRun(four: number): number {
  const quote = four ^ 0x22222222;
  const backslash = four ^ 0x5c5c5c5c;
  const control = (four - 0x20202020) & ~four;
  const other = ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash);
  return (control | other) & 0x80808080;
}

export class StringPasser {
  readonly #bytes: Buffer;
  /** The memory that the bytes lie in, four at a time. */
  readonly #fours: Int32Array;
  /** Whether there was an escape in the string that was passed last. */
  escaped = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#fours = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
  }

  /** From its opening quote to the byte after its closing one. */
  pass(start: number): number {
    const bytes = this.#bytes;
    let at = start + 1;
    let escaped = false;
    for (;;) {
      const near = at + runBytes;
      while (at < near && inString[bytes[at] ?? 0] === plain) at += 1;
      if (at === near) at = this.#pastRun(at);
      const byte = bytes[at];
      if (byte === 0x22) break;
      if (byte === undefined) throw new Fault('a string without an end', start);
      if (byte !== 0x5c) throw new Fault('a control character in a string', at);
      escaped = true;
      const next = afterBackslash[bytes[at + 1] ?? 0];
      if (next === plain) at += 2;
      else at += this.#unicodeLength(at);
    }
    this.escaped = escaped;
    return at + 1;
  }

  /** Where a long run of what stands in a string as it is ends. */
  #pastRun(start: number): number {
    const bytes = this.#bytes;
    const fours = this.#fours;
    const offset = bytes.byteOffset;
    let at = start;
    while (((at + offset) & 3) !== 0 && inString[bytes[at] ?? 0] === plain) at += 1;
    if (((at + offset) & 3) !== 0) return at;
    let four = (at + offset) >> 2;
    while (four < fours.length && endsRun(fours[four] ?? 0) === 0) four += 1;
    at = (four << 2) - offset;
    // Memory after the bytes is not theirs: there, nothing is plain.
    while (inString[bytes[at] ?? 0] === plain) at += 1;
    return at;
  }

  #unicodeLength(at: number): number {
    const hex = this.#bytes.toString('latin1', at + 1, at + 6);
    if (!/^u[0-9a-fA-F]{4}$/.test(hex)) throw new Fault('an unknown escape in a string', at);
    return 6;
  }
}
