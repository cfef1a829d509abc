// A no of the Docker proxy, in words that a person at the docker command line understands: what was
// refused, why, and what to do.

import { type Reason, reasons } from '../reasons.ts';
import type { Call, Refusal } from './model.ts';

/** Of each reason that has one: what to do. */
const fixes: Partial<Record<Reason, string>> = {
  'docker-call-denied': 'If it must be possible, choose another profile under `sandbox:`.',
  'docker-path-unclear': 'Write it without escapes, dots, empty parts or a host.',
  'docker-query-unclear': 'Give each parameter of the API reference at most once.',
  'docker-field-unknown': 'Leave it out.',
  'docker-field-refused': 'Leave it out, or change the template under `sandbox:`.',
  'docker-image-refused': 'Use an image of the template, or add this one under `sandbox:`.',
  'docker-bind-refused': 'Bind folders of the workspace, to the places that the template names.',
  'docker-network-refused': 'Sandboxes have no network; ask through the proxies of the stack.',
  'docker-user-refused': 'Leave the user out.',
  'docker-env-refused': 'Leave it out, or add its name to the template under `sandbox:`.',
};

const statuses: Partial<Record<Reason, number>> = {
  'request-malformed': 400,
  'docker-path-unclear': 400,
  'docker-query-unclear': 400,
  'docker-body-unclear': 400,
  'docker-body-refused': 400,
  'docker-upgrade-refused': 400,
  'docker-not-found': 404,
  'limit-body': 413,
};

export interface RefusalDetails {
  readonly status?: number;
  readonly field?: string | null;
  /** What exactly, as a sentence; in the place of the reason's own. */
  readonly says?: string;
  readonly rule?: string | null;
}

/** `what` is what was asked, in a few words: `create`, `GET /containers/json`. */
export function refuse(what: string, reason: Reason, details: RefusalDetails = {}): Refusal {
  const { field = null, says = reasons[reason], rule = null } = details;
  const fix = fixes[reason];
  const where = field === null ? '' : ` (${field})`;
  return {
    kind: 'refusal',
    status: details.status ?? statuses[reason] ?? 403,
    reason,
    field,
    message: `clincher refused ${what}${where}: ${says}${fix === undefined ? '' : ` ${fix}`}`,
    rule,
  };
}

/** Docker's own words, so that clients that look for them find them; also for what is another's. */
export function notFound(call: Call): Refusal {
  const { kind, text } = call.reference ?? { kind: 'object', text: '' };
  const message = kind === 'exec' ? `No such exec instance: ${text}` : `No such ${kind}: ${text}`;
  const { rule } = call;
  return { kind: 'refusal', status: 404, reason: 'docker-not-found', field: null, message, rule };
}
