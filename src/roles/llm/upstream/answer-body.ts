// The body of a provider's answer on its way from the connection to its one reader. Not a stream of
// Node's: those cost more than all else that a call needs of the connection.

/** What the connection does for the reader. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** The rest is not wanted. */
  abort(): void;
}

export interface AnswerReader {
  data(chunk: Buffer): void;
  end(): void;
  /** The answer broke off. */
  fail(error: Error): void;
}

/** The answer broke off because we closed the connection, and not the provider. */
export class GivenUp extends Error {
  constructor() {
    super('the call was given up');
  }
}

/** Holds what came, and the connection back, until there is a reader. */
export class AnswerBody implements AsyncIterable<Buffer> {
  readonly #flow: Flow;
  #waiting: Buffer[] = [];
  #over: true | Error | null = null;
  #reader: AnswerReader | null = null;
  #begun: ((first: Buffer | true | Error) => void) | null = null;
  #paused = false;
  #destroyed = false;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** From the connection. */
  push(chunk: Buffer): void {
    // A connection that goes on gives an empty part first: held, it would be paused for it again.
    if (this.#destroyed || chunk.length === 0) return;
    if (this.#reader !== null && !this.#paused) {
      this.#reader.data(chunk);
      return;
    }
    this.#waiting.push(chunk);
    this.#flow.pause();
    this.#tellBegun(chunk);
  }

  /** From the connection: nothing more comes. */
  end(why: true | Error): void {
    if (this.#over !== null || this.#destroyed) return;
    this.#over = why;
    this.#tellBegun(why);
    this.#deliver();
  }

  /** The first part, which stays to be read; true where there is none, or why it broke off. */
  first(): Promise<Buffer | true | Error> {
    const known = this.#waiting[0] ?? this.#over;
    if (known !== null) return Promise.resolve(known);
    return new Promise((resolve) => {
      this.#begun = resolve;
    });
  }

  read(reader: AnswerReader): void {
    this.#reader = reader;
    this.#deliver();
  }

  pause(): void {
    this.#paused = true;
    this.#flow.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#deliver();
  }

  /** Nothing more is delivered; an answer that had not ended takes its connection with it. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#waiting = [];
    if (this.#over === null) this.#flow.abort();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    try {
      for (;;) {
        const next = await this.first();
        if (next === true) return;
        if (next instanceof Error) throw next;
        this.#waiting.shift();
        yield next;
        if (this.#waiting.length === 0 && this.#over === null) this.#flow.resume();
      }
    } finally {
      this.destroy();
    }
  }

  #tellBegun(what: Buffer | true | Error): void {
    const begun = this.#begun;
    this.#begun = null;
    begun?.(what);
  }

  #deliver(): void {
    const reader = this.#reader;
    if (reader === null) return;
    while (!this.#paused && !this.#destroyed) {
      const chunk = this.#waiting.shift();
      if (chunk !== undefined) reader.data(chunk);
      else break;
    }
    if (this.#paused || this.#destroyed) return;
    if (this.#over === null) {
      this.#flow.resume();
      return;
    }
    this.#destroyed = true;
    if (this.#over === true) reader.end();
    else reader.fail(this.#over);
  }
}
