// What the parts of the cache say to each other: what is asked of it, what an entry is, and what
// was decided.

import type { QuestionFeatures } from './question-features.ts';

/** What the cache knows of a request: pure, from the scanned bytes (plan.ts). */
export interface CachePlan {
  /**
   * Names the whole request, and who may see its answer: two requests with one key ask the same
   * thing. Also the entry's name in the store.
   */
  readonly key: string;
  /** Who may see each other's answers and learn from each other; part of the key and the scope. */
  readonly owner: string;
  /** What may be answered by something similar; null where only the same request may be. */
  readonly question: CacheQuestion | null;
  /** Of the question's text; null where there is none, or nobody tells texts apart by them. */
  readonly features: QuestionFeatures | null;
  /** Why there is no question; empty where there is one. */
  readonly why: string;
}

export interface CacheQuestion {
  /**
   * All of the request but the text, and of the text what every other one must have that is to be
   * answered alike: only entries of the same scope are compared.
   */
  readonly scope: string;
  /** The last text of the user. */
  readonly text: string;
}

/** A whole answer in the client's API, and what it cost when it was made. */
export interface CachedAnswer {
  readonly contentType: string;
  /** Bytes as they went to the client; of a stream all its events. */
  readonly body: Buffer;
  readonly createdMs: number;
  /** Not given out from here on. */
  readonly untilMs: number;
  /** The request that it was made for. */
  readonly requestId: string;
  readonly costNanoUsd: number;
  /** Who made it, by the names of the settings. */
  readonly provider: string;
  readonly deployment: string;
}

/** What is known of an entry without its answer. */
export interface CacheEntry {
  /** The `key` of the plan it was stored under. */
  readonly id: string;
  readonly owner: string;
  readonly question: CacheQuestion | null;
  /** What was learned of when another text means the same; the oldest first. */
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
  | { readonly kind: 'hit'; readonly entry: CacheEntry; readonly similarity: number }
  | { readonly kind: 'explore'; readonly entry: CacheEntry; readonly similarity: number }
  | { readonly kind: 'miss'; readonly why: string };
