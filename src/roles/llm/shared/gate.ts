// What a wallet asks before it promises money that others spend too.

import type { WhenGone } from '../money/rules.ts';

/**
 * What this instance has spent and promised of one budget, in nano-dollars, or used of one limit,
 * and until when that counts.
 */
export interface OwnTotal {
  readonly id: string;
  readonly own: number;
  readonly limit: number;
  /** Of money a share may be kept back for when nobody can be asked. */
  readonly isMoney: boolean;
  readonly whenGone: WhenGone;
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
}

/** Read when it is sent: a total that waited would take back what was promised meanwhile. */
export type LiveTotal = { readonly id: string; readonly read: () => OwnTotal };

export type Fits =
  | { readonly kind: 'fits' }
  /** The one of the totals that is too much, and what the others leave of its budget. */
  | { readonly kind: 'over'; readonly index: number; readonly left: number }
  /** Nobody knows what the others have spent. */
  | { readonly kind: 'gone'; readonly why: string };

export interface SharedGate {
  /** Takes the totals in, if they fit with what the others have. Bounded in time; never rejects. */
  ask(totals: readonly LiveTotal[]): Promise<Fits>;
  /** That these have changed: they are told a little later, as they are then. */
  tell(totals: readonly LiveTotal[]): void;
  /** Of a budget, what this instance may spend while the others are not to be heard. */
  shareWhenGone(limitNanoUsd: number, whenGone: WhenGone): number;
  /** Of a limit, what this instance may use meanwhile. */
  limitWhenGone(limit: number, whenGone: WhenGone): number;
}
