// A fault in the user's stack, as a value: reported with all others at once, never thrown.

import type { Place } from './place.ts';

export type Severity = 'fatal' | 'warning';

export interface Finding {
  /** Stable kebab-case id of the invariant. */
  readonly id: string;
  readonly severity: Severity;
  /** The service, edge, secret or setting it is about. */
  readonly about: string;
  readonly message: string;
  readonly fix: string;
  readonly at: Place;
}
