// Money as people read it, for refusals.

import type { WorstCase } from '../../policy/llm-cost.ts';
import type { LlmSettings } from './settings.ts';

/** Up to a hundredth of a cent, rounded up: a need must not look smaller than it is. */
export function dollars(nanoUsd: number): string {
  return `$${(Math.ceil(nanoUsd / 1e5) / 1e4).toFixed(4)}`;
}

/** What a call needs against what is left, so that a person sees which of the two to change. */
export function shortfall(
  worst: WorstCase,
  leftNanoUsd: number,
  { limitNanoUsd, window, at }: LlmSettings['budget'],
): string {
  const per = window === 'total' ? 'in total' : `per ${window}`;
  const declared = at === '' ? '' : ` (${at})`;
  const left = `$${(Math.floor(leftNanoUsd / 1e5) / 1e4).toFixed(4)}`;
  return (
    `This call may cost up to ${dollars(worst.nanoUsd)} (at most ${worst.inputTokens} input and ` +
    `${worst.outputTokens} output tokens), and ${left} is left of the budget of ` +
    `${dollars(limitNanoUsd)} ${per}${declared}.`
  );
}
