// The steps of a model call and the one value each hands to the next. A step is a file; this is
// what they agree on.
//   read -> admit -> (choose -> attempt)* -> relay -> settle -> record
// The loop in the middle goes on only while no byte of an answer has gone to the client.

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Api, Dialect } from '../../policy/llm-api.ts';
import type { ModelRequest } from '../../policy/llm-request.ts';
import type { Candidate, RoutePlan } from '../../policy/llm-route.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { Reservation } from './money/claim.ts';
import type { ErrorClass } from './routing/settings.ts';

/** Read: who asks for what. Nothing has been promised yet. */
export interface ReadCall {
  readonly requestId: string;
  readonly caller: string;
  /** The virtual key's name. */
  readonly key: string;
  readonly api: Api;
  readonly dialect: Dialect;
  /** What of the URL goes to the provider, `?beta=true`. */
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly request: ModelRequest;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** Routed: everything it may come to. Made by policy, before any money moves. */
export interface RoutedCall extends ReadCall {
  readonly plan: RoutePlan;
}

/**
 * Admit: the wallet's yes (money/claim.ts). An attempt that failed without a charge leaves the
 * reservation as it is; one that may have been billed settles it, and a further attempt needs a
 * new one (`again`).
 */
export interface AdmittedCall extends RoutedCall {
  readonly reservation: Reservation;
}

/** Attempt: the provider's answer up to its first byte, which is still in `body`. */
export interface Answered {
  readonly candidate: Candidate;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** Attempt: none. `answer` is the provider's own error, to be sent on when nothing else is left. */
export interface Failed {
  readonly candidate: Candidate;
  readonly errorClass: ErrorClass;
  readonly reason: Reason;
  readonly message: string;
  /** Whether the provider may have done, and billed, the work. */
  readonly billed: boolean;
  readonly retryAfterMs: number | null;
  readonly answer: {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly text: string;
  } | null;
}
