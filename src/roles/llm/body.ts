// Reads a request's body, within a bound for one and a bound for all that are held at the same
// time.

import type { IncomingMessage } from 'node:http';
import { SpareBuffers } from './spare-buffers.ts';

export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
}

export type BodyRead =
  | { readonly body: Buffer; release(): void }
  | { readonly refused: 'too-large' | 'no-room' | 'gone' };

export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #spare = new SpareBuffers();
  #heldBytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * `release` gives the room back; the bytes count until then, and are somebody else's after.
   * Never rejects.
   */
  read(request: IncomingMessage): Promise<BodyRead> {
    const { bodyBytesMax, bodiesBytesMax } = this.#limits;
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > bodyBytesMax) return Promise.resolve({ refused: 'too-large' });
    let held = 0;
    const parts = new Joining(this.#spare, declared);
    const release = () => {
      this.#heldBytes -= held;
      held = 0;
      parts.release();
    };
    return new Promise((resolve) => {
      const settle = (read: BodyRead) => {
        request.off('data', onData).off('end', onEnd).off('close', onGone);
        if ('refused' in read) release();
        resolve(read);
      };
      const onData = (part: Buffer) => {
        held += part.length;
        this.#heldBytes += part.length;
        parts.add(part);
        const isTooLarge = held > bodyBytesMax;
        if (!isTooLarge && this.#heldBytes <= bodiesBytesMax) return;
        // The rest must stay readable: it is thrown away before the connection is closed.
        request.pause();
        settle({ refused: isTooLarge ? 'too-large' : 'no-room' });
      };
      const onEnd = () => settle({ body: parts.whole(), release });
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

/** Of a body that says how long it is the parts are put together as they come. */
class Joining {
  readonly #spare: SpareBuffers;
  readonly #declared: number;
  #room: Buffer | null = null;
  #filled = 0;
  readonly #parts: Buffer[] = [];

  constructor(spare: SpareBuffers, declared: number) {
    this.#spare = spare;
    this.#declared = declared;
  }

  add(part: Buffer): void {
    // No room before there is something to put in: a declared length is only a word.
    if (this.#filled === 0 && part.length < this.#declared) {
      this.#room = this.#spare.take(this.#declared);
    }
    const { length } = part;
    if (this.#room === null) {
      this.#parts.push(part);
    } else {
      part.copy(this.#room, this.#filled);
      discard(part);
    }
    this.#filled += length;
  }

  whole(): Buffer {
    if (this.#room !== null) return this.#room.subarray(0, this.#filled);
    const [only] = this.#parts;
    return only !== undefined && this.#parts.length === 1 ? only : Buffer.concat(this.#parts);
  }

  release(): void {
    if (this.#room !== null) this.#spare.giveBack(this.#room);
    this.#room = null;
    // One that came whole in a single piece was not copied.
    for (const part of this.#parts.splice(0)) if (part.length >= discardBytesMin) discard(part);
  }
}

/** What is smaller the collector finds among the rest. */
const discardBytesMin = 16 * 1024;

/**
 * Its memory is free at once. The collector would be called for it: pieces of half a megabyte a
 * request are what it sees, not that they are dead.
 */
function discard({ buffer, length }: Buffer): void {
  const isItsOwn = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  if (isItsOwn) buffer.transfer(0);
}
