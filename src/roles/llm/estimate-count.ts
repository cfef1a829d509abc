// A count of tokens that no provider could be asked for: estimated here, and said to be so.

import type { ServerResponse } from 'node:http';
import { estimateTokens } from '../../policy/llm-token-estimate.ts';
import type { Failed } from './attempt.ts';
import { sendJson } from './endpoints/send-json.ts';
import type { Asked } from './provider-request.ts';
import type { Ticket } from './ticket.ts';

/**
 * False where the request is no count, or its own failure says more: `failure` is the provider's
 * that was asked for it, null where none was.
 */
export function estimatesCount(
  ticket: Ticket,
  response: ServerResponse,
  { request, body }: Asked,
  failure: Failed | null,
): boolean {
  if (request.api !== 'count-tokens' || failure?.reason === 'client-gone') return false;
  // What the provider finds wrong with the request is for its client to know.
  if (failure?.errorClass === 'bad-request' && failure.answer !== null) return false;
  response.setHeader('x-clincher-token-count', 'estimated');
  ticket.outcome('allow', 'allowed');
  ticket.note({ estimated: true });
  sendJson(ticket, response, 200, { input_tokens: estimateTokens(body) });
  return true;
}
