// Reads answers off a connection to a server, one after another: the head, then the body in pieces
// that are lent, then the end. What comes unasked, or cannot be read in one way, breaks it.

import type { BulkSocket } from '../bulk-socket.ts';
import { type AnswerHead, readAnswerHead } from './answer-head.ts';
import { ChunkedReader } from './chunked.ts';

/** Gets one answer. What it throws is a bug. */
export interface AnswerSink {
  /** `take` leaves the connection to whoever calls `release` next; nothing is read until then. */
  head(head: AnswerHead): 'body' | 'take';
  /** Lent bytes of the body. False: no more until the connection's `resume`. */
  data(bytes: Buffer): boolean;
  /** The body was whole. */
  end(): void;
  /** The answer never comes, or not whole. */
  broken(): void;
}

const headBytesMax = 64 * 1024;
const nothing = Buffer.alloc(0);

export class AnswerStream {
  readonly #socket: BulkSocket;
  readonly #idle: () => void;
  #sink: AnswerSink | null = null;
  #toHead = false;
  /** Copied: what has come of a head, or behind the head of what was taken over. */
  #held: Buffer = nothing;
  #head: AnswerHead | null = null;
  #left = 0;
  #chunks: ChunkedReader | null = null;

  /** `idle` is called after each answer when the connection can carry another. */
  constructor(socket: BulkSocket, idle: () => void) {
    this.#socket = socket;
    this.#idle = idle;
    socket
      .on('end', this.#onEnd)
      .on('close', this.#onClose)
      .on('error', () => {});
    socket.readInto((bytes) => this.#take(bytes));
  }

  /** The next answer goes to `sink`; the request has been, or is now, written. */
  expect(sink: AnswerSink, toHead: boolean): void {
    this.#sink = sink;
    this.#toHead = toHead;
  }

  resume(): void {
    this.#socket.resume();
  }

  /** After `take`: what came behind the head; the socket is somebody else's from now on. */
  release(): Buffer {
    this.#socket.off('end', this.#onEnd).off('close', this.#onClose);
    return this.#held;
  }

  destroy(): void {
    this.#sink = null;
    this.#socket.destroy();
  }

  #take(bytes: Buffer): boolean {
    if (this.#sink === null) return this.#break();
    if (this.#head !== null) return this.#body(bytes);
    const got = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const reading = readAnswerHead(got, headBytesMax, this.#toHead);
    if (reading.state === 'broken') return this.#break();
    if (reading.state === 'more') {
      this.#held = Buffer.from(got);
      return true;
    }
    const { head } = reading;
    const rest = got.subarray(head.bytes);
    this.#held = nothing;
    // 100 Continue and its like come before the answer.
    if (head.status < 200 && head.status !== 101) {
      return rest.length === 0 ? true : this.#take(rest);
    }
    this.#head = head;
    this.#left = head.framing.kind === 'length' ? head.framing.bytes : 0;
    this.#chunks = head.framing.kind === 'chunked' ? new ChunkedReader() : null;
    if (this.#sink.head(head) === 'take') {
      this.#held = Buffer.from(rest);
      return false;
    }
    return this.#body(rest);
  }

  #body(bytes: Buffer): boolean {
    const kind = this.#head?.framing.kind;
    const sink = this.#sink;
    if (sink === null) return this.#break();
    if (kind === 'close') return bytes.length === 0 || sink.data(bytes);
    let goesOn = true;
    let used = 0;
    let done = kind === 'none';
    if (this.#chunks !== null) {
      const reading = this.#chunks.read(bytes, (piece) => {
        goesOn = sink.data(piece) && goesOn;
      });
      if (reading.state === 'broken') return this.#break();
      done = reading.state === 'done';
      used = reading.used;
    } else if (kind === 'length') {
      const piece = bytes.subarray(0, this.#left);
      this.#left -= piece.length;
      used = piece.length;
      done = this.#left === 0;
      if (used > 0) goesOn = sink.data(piece);
    }
    if (!done) return goesOn;
    return used < bytes.length ? this.#break() : this.#finish(sink);
  }

  #finish(sink: AnswerSink): boolean {
    const keepsOpen = this.#head?.keepsOpen === true;
    this.#sink = null;
    this.#head = null;
    this.#chunks = null;
    if (!keepsOpen) this.#socket.destroy();
    sink.end();
    if (keepsOpen && !this.#socket.destroyed) this.#idle();
    return keepsOpen;
  }

  #break(): false {
    const sink = this.#sink;
    this.#sink = null;
    this.#socket.destroy();
    sink?.broken();
    return false;
  }

  readonly #onEnd = (): void => {
    if (this.#head?.framing.kind === 'close' && this.#sink !== null) this.#finish(this.#sink);
    else this.#break();
  };

  readonly #onClose = (): void => void this.#break();
}
