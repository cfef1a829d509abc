// A security decision as a value: what, why, and by which rule, so that a denial can always explain
// itself.

import type { Reason } from './reasons.ts';

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'report';
  readonly reason: Reason;
  /**
   * The rule that decided, as its author would recognise it, with file and line; null when none
   * matched.
   */
  readonly rule: string | null;
}
