// Reads a request's body, within a bound for one and a bound for all that are held at the same
// time.

import type { IncomingMessage } from 'node:http';

export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
}

export type BodyRead =
  | { readonly body: Buffer; release(): void }
  | { readonly refused: 'too-large' | 'no-room' | 'gone' };

export class BodyReader {
  readonly #limits: BodyLimits;
  #heldBytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** `release` gives the room back; the bytes count until then. Never rejects. */
  async read(request: IncomingMessage): Promise<BodyRead> {
    const { bodyBytesMax, bodiesBytesMax } = this.#limits;
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > bodyBytesMax) return { refused: 'too-large' };
    let held = 0;
    const release = () => {
      this.#heldBytes -= held;
      held = 0;
    };
    const parts: Buffer[] = [];
    try {
      // The rest must stay readable: it is thrown away before the connection is closed.
      for await (const part of request.iterator({ destroyOnReturn: false })) {
        held += part.length;
        this.#heldBytes += part.length;
        const isTooLarge = held > bodyBytesMax;
        if (isTooLarge || this.#heldBytes > bodiesBytesMax) {
          release();
          return { refused: isTooLarge ? 'too-large' : 'no-room' };
        }
        parts.push(part);
      }
    } catch {
      release();
      return { refused: 'gone' };
    }
    return { body: Buffer.concat(parts), release };
  }
}
