// The same request from several at the same time: one of them asks the model, the others wait for
// its answer.

import type { CachedAnswer } from '../../../policy/llm-cache/types.ts';

/**
 * How the first one's call ended: with an answer for all; without one that may be shared; or
 * because its client left, which says nothing of what the others would get.
 */
export type Landing = { readonly answer: CachedAnswer } | 'nothing' | 'abandoned';

export class Flights {
  readonly #open = new Map<string, Promise<Landing>>();

  /** Null where nobody asks the same; else what becomes of it. */
  inFlight(key: string): Promise<Landing> | null {
    return this.#open.get(key) ?? null;
  }

  /** Whoever asks from now on waits for no answer that was begun before. */
  forget(key: string): void {
    this.#open.delete(key);
  }

  /** Others wait from now on until what is returned is called, which it must be. */
  lead(key: string): (landing: Landing) => void {
    const { promise, resolve } = Promise.withResolvers<Landing>();
    this.#open.set(key, promise);
    return (landing) => {
      if (this.#open.get(key) === promise) this.#open.delete(key);
      resolve(landing);
    };
  }
}
