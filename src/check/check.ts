// What an invariant is: an id, the sentence it stands for, and a pure function from topology to
// findings.

import type { Finding, Severity } from '../kit/finding.ts';
import type { Place } from '../kit/place.ts';
import type { TopologyView } from './view.ts';

export interface Check {
  /** Stable, kebab-case; the `id` of its findings. */
  readonly id: string;
  /** What holds of a topology without findings of this id. For docs/reference/findings.md. */
  readonly invariant: string;
  /** What an attacker gains where it does not hold. */
  readonly because: string;
  /** Never throws, whatever the topology: names may dangle, repeat or be empty. */
  find(view: TopologyView): Iterable<Fault>;
}

/** A finding without its id. */
export interface Fault {
  readonly severity: Severity;
  readonly about: string;
  readonly message: string;
  readonly fix: string;
  readonly at: Place;
}

export function findingsOf(check: Check, view: TopologyView): readonly Finding[] {
  return Array.from(check.find(view), (fault) => ({ id: check.id, ...fault }));
}
