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
  read(request: IncomingMessage): Promise<BodyRead> {
    const { bodyBytesMax, bodiesBytesMax } = this.#limits;
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > bodyBytesMax) return Promise.resolve({ refused: 'too-large' });
    let held = 0;
    const release = () => {
      this.#heldBytes -= held;
      held = 0;
    };
    const parts: Buffer[] = [];
    return new Promise((resolve) => {
      const settle = (read: BodyRead) => {
        request.off('data', onData).off('end', onEnd).off('close', onGone);
        if ('refused' in read) release();
        resolve(read);
      };
      const onData = (part: Buffer) => {
        held += part.length;
        this.#heldBytes += part.length;
        parts.push(part);
        const isTooLarge = held > bodyBytesMax;
        if (!isTooLarge && this.#heldBytes <= bodiesBytesMax) return;
        // The rest must stay readable: it is thrown away before the connection is closed.
        request.pause();
        settle({ refused: isTooLarge ? 'too-large' : 'no-room' });
      };
      const onEnd = () => settle({ body: joined(parts), release });
      const onGone = () => settle({ refused: 'gone' });
      if (request.destroyed) return onGone();
      // An error is followed by `close`.
      request
        .on('error', () => {})
        .on('data', onData)
        .once('end', onEnd)
        .once('close', onGone);
    });
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts);
}
