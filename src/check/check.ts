// What an invariant is: an id, the sentence it stands for, and a pure function from a stack, the
// declared topology or one that somebody else has written, to findings.

import type { Finding, Severity } from '../kit/finding.ts';
import type { Place } from '../kit/place.ts';
import type { TopologyView } from './view.ts';

export interface Check<View = TopologyView> {
  /** Stable, kebab-case; the `id` of its findings. */
  readonly id: string;
  /** What holds of a stack without findings of this id. For docs/reference/findings.md. */
  readonly invariant: string;
  /** What an attacker gains where it does not hold. */
  readonly because: string;
  /** Never throws, whatever the stack: names may dangle, repeat or be empty. */
  find(view: View): Iterable<Fault>;
}

/** A finding without its id. */
export interface Fault {
  readonly severity: Severity;
  readonly about: string;
  readonly message: string;
  readonly fix: string;
  readonly at: Place;
}

/** Every fault at once, the fatal ones first, then by place. */
export function findAll<View>(checks: readonly Check<View>[], view: View): readonly Finding[] {
  const findingsOf = (check: Check<View>) =>
    Array.from(check.find(view), (fault) => ({ id: check.id, ...fault }));
  return checks.flatMap(findingsOf).sort(byWeight);
}

function byWeight(a: Finding, b: Finding): number {
  return (
    Number(b.severity === 'fatal') - Number(a.severity === 'fatal') ||
    compare(a.at.file, b.at.file) ||
    a.at.line - b.at.line ||
    a.at.column - b.at.column ||
    compare(a.id, b.id) ||
    compare(a.about, b.about) ||
    compare(a.message, b.message)
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
