// What a program in our place answers to who is refused: the rows of judgeIngress, as data that
// can be written in its language.

import { type Reason, reasons } from '../../../policy/reasons.ts';

export interface Refusal {
  readonly status: number;
  readonly reason: Reason;
}

/** In the order in which they are judged. */
export const refusals = {
  version: { status: 505, reason: 'request-malformed' },
  method: { status: 501, reason: 'method-refused' },
  malformed: { status: 400, reason: 'request-malformed' },
  host: { status: 421, reason: 'host-unknown' },
  body: { status: 413, reason: 'limit-body' },
  upgrade: { status: 400, reason: 'upgrade-refused' },
  origin: { status: 403, reason: 'origin-foreign' },
  path: { status: 404, reason: 'path-unknown' },
  token: { status: 401, reason: 'token-wrong' },
} as const satisfies Readonly<Record<string, Refusal>>;

/** The one JSON body; `requestId` is what the program puts the id in by. */
export function refusalBody({ reason }: Refusal, origin: string, requestId: string): string {
  const message =
    reason === 'host-unknown' ? `${reasons[reason]} It is ${origin}.` : reasons[reason];
  return errorBody(reason, message, requestId);
}

export function errorBody(code: Reason, message: string, requestId: string): string {
  return `${JSON.stringify({ error: { code, message, request_id: requestId } })}\n`;
}
