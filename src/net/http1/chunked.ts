// The chunked coding, read strictly: RFC 9112, 7.1 without extensions, trailers or line ends of
// any other kind. Those are where two parsers part.

export type ChunkState = 'more' | 'done' | 'broken';

export interface ChunkReading {
  readonly state: ChunkState;
  /** How many of the bytes belong to the body; what follows `done` is not ours. */
  readonly used: number;
}

/** `FFFFFFF` is 256 MiB: no chunk is larger. */
const sizeDigitsMax = 7;

type Step = 'size' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'last-cr' | 'last-lf' | 'done';

/** Feed it what arrives; `take` gets the pieces of the body, cut out of the same bytes. */
export class ChunkedReader {
  #step: Step = 'size';
  #digits = '';
  #left = 0;

  read(bytes: Buffer, take: (piece: Buffer) => void): ChunkReading {
    let at = 0;
    while (at < bytes.length && this.#step !== 'done') {
      if (this.#step === 'data') {
        const piece = bytes.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        if (this.#left === 0) this.#step = 'data-cr';
        take(piece);
      } else if (this.#byte(bytes[at] ?? 0)) at += 1;
      else return { state: 'broken', used: at };
    }
    return { state: this.#step === 'done' ? 'done' : 'more', used: at };
  }

  /** One byte of what is around the data; false when it may not be there. */
  #byte(byte: number): boolean {
    switch (this.#step) {
      case 'size':
        return this.#size(byte);
      case 'size-lf':
        this.#step = this.#left > 0 ? 'data' : 'last-cr';
        return byte === lf;
      case 'data-cr':
        this.#step = 'data-lf';
        return byte === cr;
      case 'data-lf':
        this.#step = 'size';
        return byte === lf;
      case 'last-cr':
        this.#step = 'last-lf';
        return byte === cr;
      default:
        this.#step = 'done';
        return byte === lf;
    }
  }

  #size(byte: number): boolean {
    if (byte === cr && this.#digits !== '') {
      this.#left = Number.parseInt(this.#digits, 16);
      this.#digits = '';
      this.#step = 'size-lf';
      return true;
    }
    this.#digits += String.fromCharCode(byte);
    return /^[0-9A-Fa-f]+$/.test(this.#digits) && this.#digits.length <= sizeDigitsMax;
  }
}

const cr = 0x0d;
const lf = 0x0a;
