// What the checks find in a topology, as one line each, so that a test compares literal text.

import { runChecks } from '../check/index.ts';
import type { Finding } from '../kit/finding.ts';
import { formatPlace } from '../kit/place.ts';
import type { Topology } from '../topology/model.ts';

/** `fatal way-out gateway: a way out that does not pass egress: ...` */
export function found(topology: Topology): readonly string[] {
  return runChecks(topology).map(
    ({ severity, id, about, message }) => `${severity} ${id} ${about}: ${message}`,
  );
}

/** With place and fix, as the command line prints it. */
export function wholeFinding({ severity, id, about, message, fix, at }: Finding): string {
  return `${formatPlace(at)}: ${severity} ${id} ${about}: ${message}\n  ${fix}`;
}
