// What an answer's headers say of the way the call went. Names that LiteLLM's users know stand
// beside our own; what the call cost and the key has spent is told only where the settings say so:
// an agent need not know what it costs.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { SeenUsage } from '../../policy/llm-usage.ts';
import type { Answered } from './attempt.ts';
import type { CallMoney } from './call-money.ts';
import type { House } from './house.ts';
import type { Ticket } from './ticket.ts';

export interface RouteFacts {
  readonly retries: number;
  readonly fallbacks: number;
}

export function routeHeaders(
  { candidate, sent, translation }: Answered,
  { retries, fallbacks }: RouteFacts,
  requestId: string,
): OutgoingHttpHeaders {
  return {
    'x-clincher-deployment': plainText(candidate.id),
    'x-litellm-call-id': requestId,
    'x-litellm-model-id': plainText(candidate.id),
    'x-litellm-model-group': plainText(candidate.group),
    'x-litellm-attempted-retries': String(retries),
    'x-litellm-attempted-fallbacks': String(fallbacks),
    ...(translation === null
      ? {}
      : { 'x-clincher-translated': `${translation.from}, ${translation.to}` }),
    ...(sent.dropped.length === 0
      ? {}
      : { 'x-clincher-dropped': plainText(sent.dropped.join(', ')) }),
  };
}

/**
 * Dollars and milliseconds, as LiteLLM writes them. Once before the answer, where `seen` is null,
 * and for one in one piece again when it has been counted.
 */
export function setCostHeaders(
  { wallet }: House,
  ticket: Ticket,
  response: ServerResponse,
  { candidate, firstByteMs }: Answered,
  money: CallMoney,
  { retries, fallbacks }: RouteFacts,
  seen: SeenUsage | null,
): void {
  const elapsedMs = ticket.elapsedMs();
  const cost = seen === null ? 0 : money.costOf(candidate, seen);
  const before = wallet.spentNanoUsd({ by: 'key', name: money.key }, money.key);
  response.setHeader('x-litellm-version', 'clincher');
  response.setHeader('x-litellm-key-spend', usd(before + cost));
  response.setHeader('x-litellm-response-duration-ms', elapsedMs);
  if (seen !== null) response.setHeader('x-litellm-response-cost', usd(cost));
  // Where several attempts were made, what went before the last is not the proxy's own time.
  else if (retries + fallbacks === 0) {
    response.setHeader('x-litellm-overhead-duration-ms', Math.max(0, elapsedMs - firstByteMs));
  }
}

function usd(nanoUsd: number): string {
  return String(nanoUsd / 1e9);
}

/** Names and paths are whatever settings and clients say; a header takes printable ASCII. */
function plainText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
