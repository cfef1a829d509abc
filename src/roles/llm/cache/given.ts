// Who got which answer from the cache of late, so that they, and nobody else, can say what it was
// worth.

import type { CacheCaller } from './answer-cache.ts';
import type { Near } from './evidence.ts';

export interface GivenAnswer {
  readonly id: string;
  readonly owner: string;
  /** Null where it was the answer to the same request. */
  readonly near: Near | null;
}

/** The oldest is forgotten first. */
const entriesMax = 10_000;

type Who = Pick<CacheCaller, 'caller' | 'key'>;

export class Given {
  readonly #entries = new Map<string, { readonly who: Who; readonly answer: GivenAnswer }>();

  add(requestId: string, { caller, key }: Who, answer: GivenAnswer): void {
    this.#entries.delete(requestId);
    this.#entries.set(requestId, { who: { caller, key }, answer });
    if (this.#entries.size <= entriesMax) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** Once; null where there is none, or somebody else got it. */
  take(requestId: string, { caller, key }: Who): GivenAnswer | null {
    const entry = this.#entries.get(requestId);
    if (entry === undefined) return null;
    if (entry.who.caller !== caller || entry.who.key !== key) return null;
    this.#entries.delete(requestId);
    return entry.answer;
  }
}
