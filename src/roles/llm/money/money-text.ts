// Refusals that say what is needed, what is left and where the limit stands.

import { dollars } from '../../../kit/dollars.ts';
import { eases, windowText } from '../../../policy/llm-window.ts';
import type { Short } from './budgets.ts';
import type { Denial, Route } from './claim.ts';
import type { RateDenied } from './rates.ts';
import { scopeText } from './rules.ts';

export function deniedByBudget(
  { short, leftNanoUsd }: Short,
  routes: readonly Route[],
  nowMs: number,
): Denial {
  const dearest = routes.reduce((a, b) => (b.nanoUsd > a.nanoUsd ? b : a));
  if (short === null) {
    const message =
      'No budget covers this call, so nothing may be spent on it. Declare one in clincher.yaml: ' +
      'budget: { usd: 20, per: day }.';
    return { reason: 'budget-exhausted', message, rule: 'budget', retryAfterMs: null };
  }
  const { limitNanoUsd, window, at } = short;
  const whose = short.by === 'all' ? '' : ` for ${scopeText(short)}`;
  const declared = at === '' ? '' : ` (${at})`;
  const message =
    `This call may cost up to ${dollars(dearest.nanoUsd, Math.ceil)} at ${dearest.provider}, ` +
    `and ${dollars(leftNanoUsd, Math.floor)} is left of the ` +
    `budget of ${dollars(limitNanoUsd)} ${windowText(window)}${whose}${declared}.`;
  const easesMs = eases(window, nowMs);
  const retryAfterMs = easesMs === null ? null : easesMs - nowMs;
  return { reason: 'budget-exhausted', message, rule: `budget ${at}`.trim(), retryAfterMs };
}

export function deniedByRate({ rule, reason, retryAfterMs }: RateDenied): Denial {
  const { requestsPerMinute, tokensPerMinute, parallel, at } = rule;
  const most = {
    'limit-rpm': `${requestsPerMinute} requests a minute`,
    'limit-tpm': `${tokensPerMinute} tokens a minute`,
    'limit-parallel': `${parallel} calls at the same time`,
  }[reason];
  const declared = at === '' ? '' : ` (${at})`;
  const message = `The limit for ${scopeText(rule)} is ${most}${declared}.`;
  return { reason, message, rule: `limit ${at}`.trim(), retryAfterMs };
}

export function ledgerDenied(): Denial {
  const message = 'The ledger cannot be written, so nothing may be spent. The log of llm says why.';
  return { reason: 'ledger-unavailable', message, rule: 'ledger', retryAfterMs: null };
}

export function sharedDenied(why: string): Denial {
  const message = `What other instances have spent is not known (${why}), so nothing may be spent.`;
  return { reason: 'shared-state-unavailable', message, rule: 'redis', retryAfterMs: 1_000 };
}
