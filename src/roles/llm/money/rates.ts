// Limits by the minute and at the same time: requests, tokens, parallel calls. Kept in memory and
// by the monotonic clock; a restart begins them anew, the money stays counted.

import { assert } from '../../../kit/assert.ts';
import type { LiveTotal } from '../shared/gate.ts';
import type { Claim } from './claim.ts';
import { type RateRule, subjectOf } from './rules.ts';
import { Tally } from './tally.ts';

export interface RateHold {
  readonly counts: readonly Count[];
  /** The rule of each. */
  readonly rules: readonly RateRule[];
  readonly atMs: number;
  readonly tokens: number;
}

export interface RateDenied {
  readonly rule: RateRule;
  readonly reason: 'limit-rpm' | 'limit-tpm' | 'limit-parallel';
  readonly retryAfterMs: number;
}

interface Count {
  readonly id: string;
  readonly requests: Tally;
  readonly tokens: Tally;
  open: number;
}

const minuteMs = 60_000;
/** Counts of subjects that are not used are forgotten beyond this many. */
const countsMax = 20_000;

export class Rates {
  readonly #counts = new Map<string, Count>();

  /** Takes a place in every limit that applies, or in none. */
  take(rules: readonly RateRule[], claim: Claim, nowMs: number): RateHold | RateDenied {
    const counts: Count[] = [];
    const held: RateRule[] = [];
    for (const rule of rules) {
      const [first] = claim.routes;
      const subject = first === undefined ? null : subjectOf(rule, claim, { ...first, ...claim });
      if (subject === null) continue;
      const count = this.#count(`${rule.id} ${subject}`);
      const denied = exceeds(rule, count, claim, nowMs);
      if (denied !== null) return denied;
      counts.push(count);
      held.push(rule);
    }
    for (const count of counts) {
      count.requests.add(nowMs, claim.again ? 0 : 1, 0);
      count.tokens.add(nowMs, 0, claim.tokens);
      count.open++;
    }
    return { counts, rules: held, atMs: nowMs, tokens: claim.tokens };
  }

  /** Once per hold. `tokens` is what was used; null where nobody knows: what was expected stays. */
  release(hold: RateHold, tokens: number | null): void {
    for (const count of hold.counts) {
      count.open--;
      assert(count.open >= 0, 'a place is given back once');
      count.tokens.add(hold.atMs, tokens ?? hold.tokens, -hold.tokens);
    }
  }

  /** What this instance uses of each limit, for others to know; read when it is sent. */
  shared(hold: RateHold, now: () => Now): readonly SharedLimit[] {
    return hold.counts.flatMap((count, index) => {
      const rule = hold.rules[index];
      return rule === undefined ? [] : sharedLimits(rule, count, now);
    });
  }

  #count(id: string): Count {
    const known = this.#counts.get(id);
    if (known !== undefined) {
      // The map keeps the order of use.
      this.#counts.delete(id);
      this.#counts.set(id, known);
      return known;
    }
    if (this.#counts.size >= countsMax) this.#forget();
    const window = { rollingMs: minuteMs };
    const count = { id, requests: new Tally(window), tokens: new Tally(window), open: 0 };
    this.#counts.set(id, count);
    return count;
  }

  #forget(): void {
    for (const [id, { open }] of this.#counts) {
      if (open > 0) continue;
      this.#counts.delete(id);
      return;
    }
  }
}

export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export interface SharedLimit extends LiveTotal {
  readonly denied: RateDenied;
}

function sharedLimits(rule: RateRule, count: Count, now: () => Now): readonly SharedLimit[] {
  const { whenGone } = rule;
  const one = (
    reason: RateDenied['reason'],
    limit: number | null,
    own: (atMs: number) => number,
  ): readonly SharedLimit[] => {
    if (limit === null) return [];
    const id = `${count.id} ${reason}`;
    const read = () => {
      const { monotonicMs, wallMs } = now();
      const untilMs = Math.ceil(wallMs) + minuteMs;
      return { id, own: own(monotonicMs), limit, isMoney: false, whenGone, untilMs };
    };
    return [{ id, read, denied: { rule, reason, retryAfterMs: easesMs } }];
  };
  const tokens = (atMs: number) => count.tokens.at(atMs).spent + count.tokens.at(atMs).reserved;
  return [
    ...one('limit-rpm', rule.requestsPerMinute, (atMs) => count.requests.at(atMs).spent),
    ...one('limit-tpm', rule.tokensPerMinute, tokens),
    ...one('limit-parallel', rule.parallel, () => count.open),
  ];
}

/** Of a minute's sixtieths, one has left it when this has passed. */
const easesMs = minuteMs / 60;

function exceeds(rule: RateRule, count: Count, claim: Claim, nowMs: number): RateDenied | null {
  const { requestsPerMinute, tokensPerMinute, parallel } = rule;
  if (parallel !== null && count.open >= parallel) {
    return { rule, reason: 'limit-parallel', retryAfterMs: easesMs };
  }
  const requests = claim.again ? 0 : count.requests.at(nowMs).spent + 1;
  if (requestsPerMinute !== null && requests > requestsPerMinute) {
    return { rule, reason: 'limit-rpm', retryAfterMs: easesMs };
  }
  const { spent, reserved } = count.tokens.at(nowMs);
  if (tokensPerMinute !== null && spent + reserved + claim.tokens > tokensPerMinute) {
    return { rule, reason: 'limit-tpm', retryAfterMs: easesMs };
  }
  return null;
}
