// An answer on its way to the client, kept as it goes by: what is stored are the bytes that the
// client got, in its own API's words.

import { over } from '../translated.ts';
import type { Watch } from '../watch.ts';

export class KeptAnswer {
  readonly #bytesMax: number;
  #parts: Buffer[] | null = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  over(watch: Watch): Watch {
    return over(watch, {
      push: (chunk) => this.#keep(watch.push(chunk)),
      end: () => this.#keep(watch.end()),
    });
  }

  /** Null where it was too long. */
  take(): Buffer | null {
    const parts = this.#parts;
    this.#parts = null;
    return parts === null ? null : Buffer.concat(parts);
  }

  #keep(parts: readonly Buffer[]): readonly Buffer[] {
    if (this.#parts === null) return parts;
    for (const part of parts) {
      this.#parts.push(part);
      this.#bytes += part.length;
    }
    if (this.#bytes > this.#bytesMax) this.#parts = null;
    return parts;
  }
}
