// The times one attempt has: to its first byte, and to its end. What runs out first aborts it; so
// does the client that leaves.

export interface Bounds {
  readonly attemptMs: number | null;
  readonly firstByteMs: number;
}

export class Deadline {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onOuter: () => void;
  readonly #firstByte: NodeJS.Timeout;
  readonly #whole: NodeJS.Timeout | null;
  /** For how long the attempt goes on when the client has left. */
  #lingerMs = 0;
  #linger: NodeJS.Timeout | null = null;
  #soon: NodeJS.Immediate | null = null;
  #expired: { readonly what: string; readonly ms: number } | null = null;

  constructor(outer: AbortSignal, { attemptMs, firstByteMs }: Bounds) {
    this.#outer = outer;
    this.#onOuter = () => {
      const end = () => this.#abort.abort(outer.reason);
      if (outer.reason instanceof TotalTimeout) end();
      // What has already come is read first: it was made, and is counted.
      else if (this.#lingerMs === 0) this.#soon = setImmediate(end);
      else this.#linger = setTimeout(end, this.#lingerMs);
    };
    if (outer.aborted) this.#abort.abort(outer.reason);
    else outer.addEventListener('abort', this.#onOuter, { once: true });
    const expire = (what: string, ms: number) => {
      this.#expired = { what, ms };
      this.#abort.abort();
    };
    this.#firstByte = setTimeout(() => expire('the first byte', firstByteMs), firstByteMs);
    this.#whole =
      attemptMs === null
        ? null
        : setTimeout(() => expire('its whole answer', attemptMs), attemptMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What ran out; null while nothing did. */
  get expired(): { readonly what: string; readonly ms: number } | null {
    const { reason } = this.#outer;
    return this.#expired ?? (reason instanceof TotalTimeout ? reason : null);
  }

  firstByte(): void {
    clearTimeout(this.#firstByte);
  }

  /** From now on a client that leaves ends the attempt only after this time. */
  linger(ms: number): void {
    this.#lingerMs = ms;
  }

  end(): void {
    clearTimeout(this.#firstByte);
    if (this.#linger !== null) clearTimeout(this.#linger);
    if (this.#soon !== null) clearImmediate(this.#soon);
    if (this.#whole !== null) clearTimeout(this.#whole);
    this.#outer.removeEventListener('abort', this.#onOuter);
  }
}

/** Why the signal of a whole request was aborted, when it was not the client that left. */
export class TotalTimeout extends Error {
  readonly what = 'the whole request';
  readonly ms: number;

  constructor(ms: number) {
    super('the request has had its time');
    this.ms = ms;
  }
}
