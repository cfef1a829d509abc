// A call that was admitted and paid for beforehand: what is needed to make it and to settle it.

import type { AdmittedCall } from '../../policy/llm-admission.ts';
import type { ModelRequest } from '../../policy/llm-request.ts';
import type { Reservation } from './money/claim.ts';

export interface ReadyCall extends AdmittedCall {
  readonly request: ModelRequest;
  readonly provider: string;
  readonly reservation: Reservation;
  readonly key: string;
  /** The stream was made to count though the client did not ask. */
  readonly countUnasked: boolean;
}
