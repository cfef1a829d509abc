// The door of every store of answers: memory with a file behind it, or Redis. One contract suite
// runs over all of them.

import type {
  CachedAnswer,
  CacheEntry,
  Neighbour,
  Observation,
} from '../../../policy/llm-cache/types.ts';

export interface NewEntry {
  readonly exact: string;
  readonly answer: CachedAnswer;
  readonly ttlMs: number;
  /** Null where the entry answers the same request alone. */
  readonly semantic: {
    readonly scope: string;
    readonly text: string;
    /** Of length one. */
    readonly vector: Float32Array;
    /** The embedding's id: vectors of another are never compared. */
    readonly embedding: string;
  } | null;
}

/** No method rejects: a store that fails answers as if it were empty, in bounded time, and says so in `state`. */
export interface CacheStore extends AsyncDisposable {
  exact(key: string): Promise<CachedAnswer | null>;
  /** Nearest entries of the scope, nearest first. */
  nearest(
    scope: string,
    embedding: string,
    vector: Float32Array,
    count: number,
  ): Promise<readonly Neighbour[]>;
  put(entry: NewEntry): Promise<void>;
  learn(entryId: string, observation: Observation): Promise<void>;
  /** By exact key, or everything; resolves to how many there were. */
  remove(keys: readonly string[] | 'all'): Promise<number>;
  entry(id: string): Promise<CacheEntry | null>;
  state(): {
    readonly kind: string;
    readonly ready: boolean;
    readonly detail?: string;
    readonly entries: number;
    readonly bytes: number;
  };
}
