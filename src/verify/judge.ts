// Compares what was declared with what was observed. Closed both ways: open without a declaration
// differs, and so does a declaration that is not open; what the attempt could not tell differs too.

import { printable } from '../kit/printable.ts';
import type { AttackFacts, Declared, Row, State, Verdict, Via } from './model.ts';

export interface Observation {
  readonly from: string;
  readonly to: string;
  readonly via: Via;
  readonly what: string;
  readonly declared: Declared | null;
  readonly observed: State;
  readonly evidence: string;
  /** Kept only when the row differs. */
  readonly fix: string;
  /**
   * Whether the service's declared network `outside` brings this along: shown apart, never a
   * difference.
   */
  readonly comesWithOutside?: boolean;
  readonly attack?: AttackFacts;
}

export function judge(observation: Observation): Row {
  const { comesWithOutside = false, fix, ...rest } = observation;
  const verdict = verdictOf(rest.declared !== null, rest.observed, comesWithOutside);
  return {
    ...rest,
    // Names of files, variables and sockets are the service's to choose, and go to a terminal.
    what: printable(rest.what),
    evidence: printable(rest.evidence),
    verdict,
    fix: verdict === 'difference' ? printable(fix) : null,
  };
}

export function verdictOf(declared: boolean, observed: State, comesWithOutside: boolean): Verdict {
  if (declared) return observed === 'open' ? 'as-declared' : 'difference';
  if (comesWithOutside)
    return observed === 'denied' || observed === 'absent' ? 'as-declared' : 'outside';
  return observed === 'denied' || observed === 'absent' ? 'as-declared' : 'difference';
}
