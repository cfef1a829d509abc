// The body of an answer between the connection it comes over and whoever takes it, which may be a
// moment later than its first piece.

import type { AnswerHead } from '../../net/http1/answer-head.ts';
import type { AnswerSink } from '../../net/http1/answer-stream.ts';
import type { DaemonLink } from './daemon-pool.ts';

export interface StreamAnswer {
  readonly kind: 'stream';
  readonly head: AnswerHead;
  /** Starts the body; `sink.head` is not called. */
  into(sink: Omit<AnswerSink, 'head'>): void;
  /** The body's reader takes more again. */
  resume(): void;
  abandon(): void;
}

/** The rest of an answer that was to be a stream; null when it is not whole or too large. */
export function readRest(answer: StreamAnswer, bytesMax: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let size = 0;
    answer.into({
      data(bytes) {
        size += bytes.length;
        if (size <= bytesMax) {
          pieces.push(Buffer.from(bytes));
          return true;
        }
        answer.abandon();
        resolve(null);
        return false;
      },
      end: () => resolve(Buffer.concat(pieces)),
      broken: () => resolve(null),
    });
  });
}

/** Holds the first piece of a body until somebody takes it. */
export class BodyPort {
  readonly #link: DaemonLink;
  #sink: Omit<AnswerSink, 'head'> | null = null;
  #held: Buffer[] = [];
  #over: 'end' | 'broken' | null = null;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  answer(head: AnswerHead): StreamAnswer {
    return {
      kind: 'stream',
      head,
      into: (sink) => this.#into(sink),
      resume: () => this.#link.stream.resume(),
      abandon: () => {
        // Once it has ended the connection may be another call's.
        if (this.#over === null) this.#link.stream.destroy();
      },
    };
  }

  hasEnded(): boolean {
    return this.#over === 'end';
  }

  data(bytes: Buffer): boolean {
    if (this.#sink !== null) return this.#sink.data(bytes);
    this.#held.push(Buffer.from(bytes));
    return false;
  }

  end(): void {
    this.#over = 'end';
    this.#sink?.end();
  }

  broken(): void {
    this.#over ??= 'broken';
    this.#sink?.broken();
  }

  #into(sink: Omit<AnswerSink, 'head'>): void {
    this.#sink = sink;
    let goesOn = true;
    for (const piece of this.#held.splice(0)) goesOn = sink.data(piece) && goesOn;
    if (this.#over === 'end') sink.end();
    else if (this.#over === 'broken') sink.broken();
    else if (goesOn) this.#link.stream.resume();
  }
}
