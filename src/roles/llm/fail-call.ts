// A call that ends without an answer: the provider's own error sent on, or a refusal of ours, in
// the client's dialect.

import type { ServerResponse } from 'node:http';
import { dollars } from '../../kit/dollars.ts';
import { errorBody, errorText, isErrorOf } from '../../policy/llm-translate/error-body.ts';
import { reasonHeader, requestIdHeader } from '../../telemetry/names.ts';
import type { ErrorAnswer, Failed } from './attempt.ts';
import type { NoneLeft } from './attempts.ts';
import { answerHeaders } from './forward.ts';
import type { Ticket } from './ticket.ts';

/** `spentNanoUsd`: what stays counted as spent though there is no answer. */
export function failCall(
  ticket: Ticket,
  response: ServerResponse,
  failure: Failed,
  spentNanoUsd: number,
): void {
  const { reason, message, retryAfterMs, egressReason, cause, answer, errorClass } = failure;
  ticket.note({ errorClass });
  if (egressReason !== null) ticket.note({ egressReason });
  if (cause !== null) ticket.note({ error: cause });
  if (reason === 'client-gone') {
    ticket.outcome('allow', 'client-gone');
    return;
  }
  if (reason === 'provider-error' && answer !== null) {
    sendError(ticket, response, answer);
    return;
  }
  const kept = spentNanoUsd > 0 ? ` ${dollars(spentNanoUsd)} stay counted as spent.` : '';
  ticket.refuse({ reason, message: `${message}${kept}`, retryAfterMs });
}

function sendError(
  ticket: Ticket,
  response: ServerResponse,
  { status, headers, text, translation }: ErrorAnswer,
): void {
  const { dialect, requestId } = ticket;
  // An answer that sends the client elsewhere is none.
  const shown = status < 400 ? 502 : status;
  const ownWords = translation === null && isErrorOf(dialect, text);
  const body = Buffer.from(
    ownWords ? text : JSON.stringify(errorBody(dialect, shown, errorText(text), requestId)),
  );
  ticket.outcome('allow', 'provider-error');
  ticket.note({ status: shown });
  // It was read as text, whatever it was encoded as.
  const { 'content-encoding': _, ...kept } = answerHeaders(headers);
  response.writeHead(shown, {
    ...kept,
    'content-type': 'application/json',
    'content-length': body.length,
    [reasonHeader]: 'provider-error',
    [requestIdHeader]: ticket.requestId,
  });
  response.write(body);
}

const reasons = {
  full: 'deployments-full',
  cooling: 'deployments-cooling',
  unaffordable: 'budget-exhausted',
} as const;

/** Nothing could be tried. */
export function refuseNoneLeft(ticket: Ticket, model: string, none: NoneLeft): void {
  const { why, retryAfterMs } = none;
  const messages = {
    full: `Every deployment of "${model}" is at its own limit; try again shortly.`,
    cooling: `Every deployment of "${model}" has failed of late; try again shortly.`,
    unaffordable: `No deployment of "${model}" that can take this call fits into the budget.`,
  };
  ticket.refuse({ reason: reasons[why], message: messages[why], retryAfterMs });
}
