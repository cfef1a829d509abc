// The door of every store of answers. A store is an extra: each call to it has a bound in time, and
// where it cannot answer the request goes on as if nothing were stored.

import type {
  CachedAnswer,
  CacheEntry,
  CacheQuestion,
  Neighbour,
  Observation,
} from '../../../policy/llm-cache/types.ts';
import type { EmbedCall } from './embedding/embedding.ts';

export interface StoredAnswer {
  readonly entry: CacheEntry;
  readonly answer: CachedAnswer;
}

/**
 * The store holds the embedding and makes vectors when it needs them: of an entry at `put`, or when
 * its scope is first asked for something near. `call` says who pays. Nothing here rejects.
 */
export interface AnswerStore extends AsyncDisposable {
  readonly kind: 'embedded' | 'redis';
  /** Null where there is none, it is too old, or the store does not answer in its time. */
  get(id: string): Promise<StoredAnswer | null>;
  /**
   * Of the question's scope alone, nearest first, at most `count`. Without an entry in the scope no
   * vector is made, where that can be known.
   */
  nearest(question: CacheQuestion, count: number, call: EmbedCall): Promise<readonly Neighbour[]>;
  /** Replaces one of the same id; what does not fit the bounds is left out. */
  put(
    entry: Omit<CacheEntry, 'observations'>,
    answer: CachedAnswer,
    call: EmbedCall,
  ): Promise<void>;
  /** Kept with the entry and, of the latest, with its owner; the entry may be gone. */
  observe(entry: Pick<CacheEntry, 'id' | 'owner'>, observation: Observation): Promise<void>;
  /** The latest of everything the owner learned, the oldest first; at most `observationsMax`. */
  learned(owner: string): Promise<readonly Observation[]>;
  /** Those of this owner alone; returns which were there. */
  delete(ids: readonly string[], owner: string): Promise<readonly string[]>;
  /** Everything of everybody, and what was learned. */
  clear(): Promise<void>;
  stats(): StoreStats;
}

export interface StoreStats {
  /** As far as is known here. */
  readonly entries: number;
  readonly bytes: number;
  /** Why the store cannot be used; null when it can. */
  readonly fault: string | null;
  /** Calls that the store did not answer. */
  readonly faults: number;
}
