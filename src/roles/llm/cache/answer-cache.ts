// The cache of answers as the rest of the model proxy sees it: the way of a call through it, and
// what its endpoints may ask of it.

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AgentMarks } from '../../../policy/llm-agent.ts';
import type { Candidate } from '../../../policy/llm-route.ts';
import type { Asked } from '../provider-request.ts';
import type { Watch } from '../watch.ts';
import type { StoreStats } from './store.ts';

/** What of a request's ticket is written on here. */
export interface CacheTicket {
  readonly requestId: string;
  readonly caller: string;
  readonly signal: AbortSignal;
  note(fields: Readonly<Record<string, string | number>>): void;
  carried(bytesIn: number, bytesOut: number): void;
  outcome(verdict: 'allow', reason: 'allowed' | 'client-gone'): void;
}

/** A call that everything but the money has allowed. */
export interface CacheCall {
  readonly ticket: CacheTicket;
  readonly response: ServerResponse;
  /** The virtual key's name. */
  readonly key: string;
  readonly agent: AgentMarks;
  readonly asked: Asked;
  /** The model's own name, not the alias that was asked for. */
  readonly model: string;
}

/** A call that was not answered from here: its answer may be. */
export interface CacheTurn {
  readonly headers: Readonly<Record<string, string>>;
  /** The answer goes through it on its way to the client. */
  over(watch: Watch): Watch;
  /** The answer has gone out, whole or not. */
  answered(sent: SentAnswer): void;
  /** Once, however the call ended: nothing more comes. */
  end(): void;
}

export interface SentAnswer {
  readonly candidate: Candidate;
  readonly status: number;
  /** The provider's. */
  readonly headers: IncomingHttpHeaders;
  readonly whole: boolean;
  readonly contentType: string;
  /** Null where nobody counted it. */
  readonly costNanoUsd: number | null;
}

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
  /** `answered`: the client has its answer, and nothing was spent. Else `end` must be called. */
  look(call: CacheCall): Promise<CacheTurn | 'answered'>;
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
