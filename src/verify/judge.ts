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
  /** Which service said no; without it, a denial is that of the isolation. */
  readonly deniedBy?: string;
  /** Kept only when the row differs. */
  readonly fix: string;
  /**
   * Whether the service's declared network `outside` brings this along: shown apart, never a
   * difference.
   */
  readonly comesWithOutside?: boolean;
  readonly attack?: AttackFacts;
}

/** No way, no right, nothing there: what the driver has put around a service. */
const itsIsolation = 'its isolation';

export function judge(observation: Observation): Row {
  const { comesWithOutside = false, deniedBy = itsIsolation, fix, ...rest } = observation;
  const verdict = verdictOf(rest.declared !== null, rest.observed, comesWithOutside);
  return {
    ...rest,
    // Names of files, variables and sockets are the service's to choose, and go to a terminal.
    what: shown(rest.what),
    evidence: shown(rest.evidence),
    deniedBy: rest.observed === 'denied' ? deniedBy : null,
    verdict,
    fix: verdict === 'difference' ? shown(fix) : null,
  };
}

/** A service can have names as long as it likes, and as many. */
const charactersMax = 2_000;

function shown(text: string): string {
  const safe = printable(text);
  return safe.length <= charactersMax ? safe : `${safe.slice(0, charactersMax)}…`;
}

export function verdictOf(declared: boolean, observed: State, comesWithOutside: boolean): Verdict {
  if (declared) return observed === 'open' ? 'as-declared' : 'difference';
  if (comesWithOutside)
    return observed === 'denied' || observed === 'absent' ? 'as-declared' : 'outside';
  return observed === 'denied' || observed === 'absent' ? 'as-declared' : 'difference';
}
