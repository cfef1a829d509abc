// The cache of answers as the rest of the model proxy sees it: what its endpoints may ask of it.

import type { StoreStats } from './store.ts';

/** Who asks: nobody sees, deletes or judges what belongs to others. */
export interface CacheCaller {
  readonly caller: string;
  /** The virtual key's name. */
  readonly key: string;
  readonly session: string | null;
}

export const lookupOutcomes = [
  'exact',
  'semantic',
  /** The same request was being answered, and its answer was this one's too. */
  'joined',
  'explore',
  'miss',
  'left-out',
] as const;
export type LookupOutcome = (typeof lookupOutcomes)[number];

export const checkKinds = ['shadow', 'explore', 'feedback'] as const;
export type CheckKind = (typeof checkKinds)[number];

export interface Checked {
  readonly right: number;
  readonly wrong: number;
}

/** Since the start, but for the store. */
export interface CacheStats {
  readonly mode: 'exact' | 'semantic';
  readonly store: StoreStats & { readonly kind: string };
  readonly lookups: Readonly<Record<LookupOutcome, number>>;
  /** How many were missed or left out, by why. */
  readonly whys: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<CheckKind, Checked>>;
  /** Of answers for something similar, as shadow checks found; null while none was made. */
  readonly wrongShare: number | null;
  /** The share of requests that may be wrong; null where nothing bounds it. */
  readonly errorMax: number | null;
  readonly savedNanoUsd: number;
}

export interface AnswerCache extends AsyncDisposable {
  stats(): CacheStats;
  /** Only what belongs to them; returns which keys were there. */
  delete(ids: readonly string[], who: CacheCaller): Promise<readonly string[]>;
  /** Everything of everybody, and what was learned; for whoever runs the proxy. */
  clear(): Promise<void>;
  /**
   * What whoever got an answer says of it. Null where that request had no answer from here, or was
   * somebody else's.
   */
  feedback(requestId: string, right: boolean, who: CacheCaller): Promise<'taken' | null>;
}
