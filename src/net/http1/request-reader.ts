// Takes requests off a client's connection one after another, and sees at once what happens on it
// while one is answered: more bytes, or its end. It leaves the socket as it was for whoever goes
// on with it as a stream.

import type { Socket } from 'node:net';
import { ChunkedReader } from './chunked.ts';
import type { Framing } from './header-lines.ts';
import { type HeadFault, type RequestHead, readRequestHead } from './request-head.ts';

export interface RequestReaderLimits {
  readonly headerBytesMax: number;
  /** From the first byte of a head to its last. */
  readonly headerTimeoutMs: number;
  /** Between two pieces of a body. */
  readonly bodyTimeoutMs: number;
  /** Between two requests. */
  readonly idleTimeoutMs: number;
}

export type NextHead =
  | { readonly state: 'head'; readonly head: RequestHead }
  | { readonly state: 'refused'; readonly fault: HeadFault }
  /** It did not arrive in time. */
  | { readonly state: 'slow' }
  /** The client left in the middle of it. */
  | { readonly state: 'cut' }
  /** The client left, or said nothing for too long: there is no request. */
  | { readonly state: 'gone' };

export type BodyFault = 'too-large' | 'broken' | 'slow' | 'cut';
export type BodyEnd =
  | { readonly state: 'body'; readonly bytes: Buffer }
  | { readonly state: BodyFault };

/** What a client does while it should wait for its answer. */
export type Disturbance = 'pipelined' | 'gone';

const nothing = Buffer.alloc(0);

export class RequestReader {
  readonly #socket: Socket;
  readonly #limits: RequestReaderLimits;
  #held: Buffer = nothing;
  #ended = false;
  #wake: (() => void) | null = null;
  #disturbed: ((what: Disturbance) => void) | null = null;

  constructor(socket: Socket, limits: RequestReaderLimits) {
    this.#socket = socket;
    this.#limits = limits;
    socket.on('data', this.#onData).once('end', this.#onEnd).once('close', this.#onEnd);
  }

  async nextHead(): Promise<NextHead> {
    const { headerBytesMax, headerTimeoutMs, idleTimeoutMs } = this.#limits;
    const begun = await this.#until(() => this.#held.length > 0 || this.#over(), idleTimeoutMs);
    if (begun !== true) return { state: 'gone' };
    let seen = 0;
    const judge = (): NextHead | null => {
      const reading = readRequestHead(this.#held, headerBytesMax, seen);
      seen = this.#held.length;
      if (reading.state === 'head') this.#held = this.#held.subarray(reading.head.bytes);
      if (reading.state !== 'more') return reading;
      return this.#ended ? { state: 'cut' } : null;
    };
    return (await this.#until(judge, headerTimeoutMs)) ?? { state: 'slow' };
  }

  /** The whole body, or why there is none. */
  async body(framing: Framing, bytesMax: number): Promise<BodyEnd> {
    if (framing.kind === 'length' && framing.bytes > bytesMax) return { state: 'too-large' };
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of this.pieces(framing)) {
      if (typeof piece === 'string') return { state: piece };
      bytes += piece.length;
      if (bytes > bytesMax) return { state: 'too-large' };
      pieces.push(piece);
    }
    const [only = nothing] = pieces;
    return { state: 'body', bytes: pieces.length > 1 ? Buffer.concat(pieces) : only };
  }

  /** The body as it comes; a fault is the last thing that does. */
  async *pieces(framing: Framing): AsyncGenerator<Buffer | BodyFault> {
    let left = framing.kind === 'length' ? framing.bytes : 0;
    const chunks = framing.kind === 'chunked' ? new ChunkedReader() : null;
    while (left > 0 || chunks !== null) {
      const come = () => this.#held.length > 0 || this.#over();
      const more = await this.#until(come, this.#limits.bodyTimeoutMs);
      if (more !== true) return yield more === null ? 'slow' : 'cut';
      if (chunks === null) {
        const piece = this.#held.subarray(0, left);
        this.#held = this.#held.subarray(piece.length);
        left -= piece.length;
        yield piece;
        continue;
      }
      const found: Buffer[] = [];
      const { state, used } = chunks.read(this.#held, (piece) => found.push(piece));
      this.#held = this.#held.subarray(used);
      yield* found;
      if (state === 'broken') return yield 'broken';
      if (state === 'done') return;
    }
  }

  /** From now on, until `rest`, what the client sends or its leaving is told, once. */
  watch(disturbed: (what: Disturbance) => void): void {
    this.#disturbed = disturbed;
    this.#socket.resume();
    this.#tell();
  }

  rest(): void {
    this.#disturbed = null;
  }

  /** Nothing listens any more and nothing is read; gives what has come unasked. */
  release(): Buffer {
    this.#disturbed = null;
    this.#socket.pause();
    this.#socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd);
    return this.#held;
  }

  /** Null when `timeoutMs` passed first. */
  #until<T>(judge: () => T | null, timeoutMs: number): Promise<T | null> | T {
    const now = judge();
    if (now !== null && now !== false) return now;
    return new Promise((resolve) => {
      const finish = (judged: T | null) => {
        clearTimeout(timer);
        this.#wake = null;
        resolve(judged);
      };
      const timer = setTimeout(finish, timeoutMs, null);
      this.#wake = () => {
        const judged = judge();
        if (judged !== null && judged !== false) finish(judged);
      };
      this.#socket.resume();
    });
  }

  #over(): 'over' | null {
    return this.#ended ? 'over' : null;
  }

  #tell(): void {
    this.#wake?.();
    const disturbed = this.#disturbed;
    if (disturbed === null || (this.#held.length === 0 && !this.#ended)) return;
    this.#disturbed = null;
    disturbed(this.#held.length > 0 ? 'pipelined' : 'gone');
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    // Nobody waits for it: what follows stays where it is.
    if (this.#wake === null) this.#socket.pause();
    this.#tell();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#tell();
  };
}
