// Who got which answer from the cache of late, so that they, and nobody else, can say what it was
// worth.

import { Latest } from '../../../kit/latest.ts';
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
  readonly #entries = new Latest<string, GivenAnswer>(entriesMax);

  /** `who` they are beside the owner, who may be many. */
  add(requestId: string, who: Who, answer: GivenAnswer): void {
    this.#entries.set(nameOf(requestId, answer.owner, who), answer);
  }

  /** Once; null where there is none, or somebody else got it. */
  take(requestId: string, owner: string, who: Who): GivenAnswer | null {
    const name = nameOf(requestId, owner, who);
    const answer = this.#entries.get(name) ?? null;
    this.#entries.delete(name);
    return answer;
  }
}

/** Clients name their requests themselves: two of them may have the same name for theirs. */
function nameOf(requestId: string, owner: string, { caller, key }: Who): string {
  return JSON.stringify([requestId, owner, caller, key]);
}
