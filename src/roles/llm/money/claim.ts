// What the pipeline and the money say to each other: a call's claim, what was reserved for it or
// why nothing was, and how it ended. Money is in whole nano-dollars.

import type { TokenUsage } from '../../../policy/llm-cost.ts';
import type { Reason } from '../../../policy/reasons.ts';

/** One way that a call may take, and the most it can cost there. */
export interface Route {
  readonly provider: string;
  /** The name clients ask for: another than the claim's where a fallback leads to it. */
  readonly model: string;
  /** The provider's name for it. */
  readonly deployment: string;
  readonly nanoUsd: number;
}

export interface Claim {
  readonly requestId: string;
  readonly caller: string;
  /** The virtual key's name, which stays the same when its value is changed. */
  readonly key: string;
  readonly session: string | null;
  /** A call that the agent makes by itself, by the clock: shown apart in what was spent. */
  readonly heartbeat: boolean;
  readonly model: string;
  /** Every route the call may take: the dearest is what is reserved. At least one. */
  readonly routes: readonly Route[];
  /** What the call is expected to use, for limits by tokens; settled to what it did use. */
  readonly tokens: number;
  /** A further attempt of a call that was claimed before: it is not counted as a new request. */
  readonly again: boolean;
}

export interface Reservation {
  /** The number of its row in the ledger. */
  readonly id: number;
  readonly nanoUsd: number;
  /** Those of the claim that the budgets have room for: no other may be taken. */
  readonly routes: readonly Route[];
}

export interface Denial {
  readonly reason: Reason;
  /** For the client: what it needs, what is left, which line of the file would change it. */
  readonly message: string;
  /** For the record: the budget or limit that said no. */
  readonly rule: string;
  /** When trying again may make sense; null when nobody can say. */
  readonly retryAfterMs: number | null;
}

export type Reserved = { readonly reservation: Reservation } | { readonly denied: Denial };

/**
 * `counted`: the provider's own count. `input-counted`: its count of the input and the reserved
 * output. `produced`: its count of the input, and of the output as much as can have come to be
 * until the client left. `kept`: nothing was counted, so the whole reservation is spent. `unsent`:
 * the provider never got the call. `refused`: the provider answered that it did not do it. `lost`:
 * the process died before the call ended, so the whole reservation is spent. `cached`: nothing was
 * reserved or spent, because the cache had the answer.
 */
export type Settled =
  | 'counted'
  | 'input-counted'
  | 'produced'
  | 'kept'
  | 'unsent'
  | 'refused'
  | 'lost'
  | 'cached';

export interface Settlement {
  readonly nanoUsd: number;
  readonly how: Settled;
  readonly usage: TokenUsage | null;
  /** The route that was taken; null when none was. */
  readonly route: Omit<Route, 'nanoUsd'> | null;
  /** What prompt caching saved against the plain price of input, or an answer from the cache. */
  readonly savedNanoUsd: number;
  /** Uses of tools that ran at the provider, and what of the amount they are. */
  readonly tools?: { readonly uses: number; readonly nanoUsd: number } | null;
}

export interface Wallet {
  /** Durable before it resolves; never rejects. */
  reserve(claim: Claim): Promise<Reserved>;
  /** Once per reservation; what counts as spent. */
  settle(reservation: Reservation, settlement: Settlement): number;
  /** A call that was not made because its answer was there: written down while there is room. */
  saved(claim: Claim, savedNanoUsd: number): void;
}
