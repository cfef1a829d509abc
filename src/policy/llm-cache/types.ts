// What the parts of the cache say to each other: what of a request may be answered from it, what an
// entry is, and what was decided.

/** What of a request the cache needs to know; made once, from its bytes. */
export interface CachePlan {
  /** Hash of everything that can change an answer: equal means the same request. Hex. */
  readonly exact: string;
  /** Null where only the same request may be answered: see `why`. */
  readonly semantic: SemanticPlan | null;
  /** Why there is no semantic plan, for the record; null where there is one. */
  readonly why: string | null;
  readonly controls: CacheControls;
}

export interface SemanticPlan {
  /** Hash of everything but the last user text: entries of another scope do not exist. Hex. */
  readonly scope: string;
  /** The last user text: the one thing that is compared. */
  readonly text: string;
}

/** A request's own wishes, as LiteLLM's clients say them: `cache: { "no-cache": true, ttl: 60 }`. */
export interface CacheControls {
  readonly read: boolean;
  readonly write: boolean;
  /** How long what is written stays; null: as the settings say. */
  readonly ttlMs: number | null;
  /** How old an answer may be; null: as old as it got. */
  readonly maxAgeMs: number | null;
  readonly namespace: string | null;
}

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

/** What to do with the nearest entry. `explore`: ask the model, and learn whether it would have been right. */
export type CacheDecision =
  | { readonly kind: 'hit'; readonly how: 'exact' | 'semantic'; readonly entry: CacheEntry }
  | { readonly kind: 'explore'; readonly entry: CacheEntry; readonly similarity: number }
  | { readonly kind: 'miss'; readonly why: string };
