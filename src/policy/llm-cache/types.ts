// What the parts of the cache say to each other: what an entry is, and what was decided.

/** A whole answer as the provider gave it, and what it cost then. */
export interface CachedAnswer {
  readonly status: 200;
  readonly contentType: string;
  /** Bytes as they came; of a stream all its events. */
  readonly body: Buffer;
  readonly stream: boolean;
  readonly model: string;
  readonly costNanoUsd: number;
  readonly createdMs: number;
  /** Hash of the answer's text alone: two answers with it say the same. */
  readonly textHash: string;
}

export interface CacheEntry {
  readonly id: string;
  readonly scope: string;
  readonly text: string;
  readonly answer: CachedAnswer;
  /** What was learned of when another text means the same: similarity and whether it did. */
  readonly observations: readonly Observation[];
}

export interface Observation {
  /** Cosine, 0 to 1. */
  readonly similarity: number;
  readonly same: boolean;
}

export interface Neighbour {
  readonly entry: CacheEntry;
  readonly similarity: number;
}

/**
 * What to do with the nearest entry. `explore`: ask the model, and learn whether the entry would
 * have been right.
 */
export type CacheDecision =
  | { readonly kind: 'hit'; readonly how: 'exact' | 'semantic'; readonly entry: CacheEntry }
  | { readonly kind: 'explore'; readonly entry: CacheEntry; readonly similarity: number }
  | { readonly kind: 'miss'; readonly why: string };
