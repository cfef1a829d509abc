// Between the first ClientHello and the server's answer to it: a client that guesses the answer, or
// gets it, may send a second hello, and no byte of that goes upstream before it is judged.

import type { Hold } from '../../net/tunnel-hold.ts';
import { type Hello, type HelloRule, helloBytesMax } from '../../policy/egress-client-hello.ts';
import {
  bytesWithoutHello,
  judgeSecondHello,
  readServerAnswer,
} from '../../policy/egress-second-hello.ts';
import type { Reason } from '../../policy/reasons.ts';

/** A server that is not plain by then is taken to have asked for a second hello. */
const answerBytesMax = 4_096;
/** A hello, and a record of early data before it. */
const heldBytesMax = 2 * helloBytesMax;
const nothing = Buffer.alloc(0);

/** `ahead` is what the client has sent behind its first hello without waiting. */
export class SecondHello implements Hold<Reason> {
  readonly #first: Hello;
  readonly #rule: HelloRule | null;
  #state: 'answer' | 'again' | 'over' = 'answer';
  #held: Buffer;
  #answer = nothing;
  /** Why the second hello was not passed on, once it was not. */
  refusal: Reason | null = null;

  constructor(first: Hello, rule: HelloRule | null, ahead: Buffer) {
    this.#first = first;
    this.#rule = rule;
    this.#held = ahead;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  get isFull(): boolean {
    return this.#held.length > heldBytesMax;
  }

  far(bytes: Buffer): boolean {
    if (this.#state !== 'answer') return false;
    const answer = this.#answer.length === 0 ? bytes : Buffer.concat([this.#answer, bytes]);
    const read = readServerAnswer(answer);
    if (read === 'more' && answer.length <= answerBytesMax) {
      this.#answer = Buffer.from(answer);
      return false;
    }
    this.#answer = nothing;
    this.#state = read === 'other' ? 'over' : 'again';
    return true;
  }

  near(bytes: Buffer): { readonly pass: Buffer } | { readonly no: Reason } {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    if (this.#state === 'over') return this.#pass(this.#held.length);
    const before = bytesWithoutHello(this.#held);
    if (this.#state === 'answer') return this.#pass(before);
    const judged = judgeSecondHello(this.#held.subarray(before), this.#first, this.#rule);
    if (judged === 'more') return this.#pass(before);
    if (judged !== 'allowed') {
      this.refusal = judged;
      return { no: judged };
    }
    this.#state = 'over';
    return this.#pass(this.#held.length);
  }

  #pass(bytes: number): { readonly pass: Buffer } {
    const pass = this.#held.subarray(0, bytes);
    // An empty part of it would keep all of it for as long as the tunnel lives.
    this.#held = bytes === this.#held.length ? nothing : this.#held.subarray(bytes);
    return { pass };
  }
}
