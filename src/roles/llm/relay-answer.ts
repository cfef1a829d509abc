// From the provider's answer to the client's, and from its token count to the settlement.

import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { costOf } from '../../policy/llm-cost.ts';
import type { SeenUsage } from '../../policy/llm-usage.ts';
import { reasonHeader, requestIdHeader } from '../../telemetry/names.ts';
import { answerHeaders, sendBody } from './forward.ts';
import type { House, ProviderSettings } from './house.ts';
import type { Settled } from './money/claim.ts';
import type { ReadyCall } from './ready-call.ts';
import type { Ticket } from './ticket.ts';
import type { UpstreamAnswer } from './upstream.ts';
import { watchAnswer, watchStream } from './watch.ts';

/** An error's text is for people; a longer one is cut. */
const errorBytesMax = 64 * 1024;
/**
 * Of an answer in one piece that is kept to be counted; the longest are a few hundred kilobytes.
 */
const answerBytesMax = 8 * 1024 * 1024;
/** With these a provider says that it did no work: the request was refused or never begun. */
const notBilled = (status: number) => status < 500 || [500, 503, 529].includes(status);

export async function relayAnswer(
  house: House,
  ticket: Ticket,
  response: ServerResponse,
  call: ReadyCall,
  provider: ProviderSettings,
  providerKey: string,
  answer: UpstreamAnswer,
): Promise<void> {
  const firstByteMs = ticket.elapsedMs();
  ticket.note({ status: answer.status, firstByteMs });
  house.meter.firstByte(labelsOf(ticket, call), firstByteMs);
  if (answer.status >= 300) {
    const kept = notBilled(answer.status) ? 0 : call.reservation.nanoUsd;
    settle(house, ticket, call, kept, kept === 0 ? 'refused' : 'kept', null);
    await relayError(ticket, response, provider, providerKey, answer);
    return;
  }
  const { dialect } = ticket;
  const isStream = String(answer.headers['content-type']).startsWith('text/event-stream');
  const watch = isStream
    ? watchStream(dialect, call.countUnasked)
    : watchAnswer(dialect, answerBytesMax);
  response.writeHead(answer.status, {
    ...answerHeaders(answer.headers),
    [requestIdHeader]: ticket.requestId,
  });
  response.flushHeaders();
  const { idleTimeoutMs } = house.settings.limits;
  const sent = await sendBody(answer.body, response, watch, idleTimeoutMs);
  const { nanoUsd, how } = amount(call, watch.seen);
  settle(house, ticket, call, nanoUsd, how, watch.seen);
  ticket.carried(0, sent.bytes);
  ticket.outcome('allow', sent.reason);
  if (!sent.ended) response.destroy();
}

/**
 * The provider's own count where it gave one. Where a stream was cut after the input was counted:
 * that, and the output as reserved. Otherwise all that was reserved: what may have been billed
 * counts as spent.
 */
function amount(call: ReadyCall, seen: SeenUsage | null): { nanoUsd: number; how: Settled } {
  const reserved = call.reservation.nanoUsd;
  if (seen === null) return { nanoUsd: reserved, how: 'kept' };
  const images = call.request.images > 0 || call.request.media !== null;
  if (seen.final) return { nanoUsd: costOf(seen.usage, call.price, images), how: 'counted' };
  const output = Math.max(call.worst.outputTokens, seen.usage.output);
  const nanoUsd = costOf({ ...seen.usage, output }, call.price, images);
  return { nanoUsd: Math.min(nanoUsd, reserved), how: 'input-counted' };
}

function settle(
  house: House,
  ticket: Ticket,
  call: ReadyCall,
  nanoUsd: number,
  how: Settled,
  seen: SeenUsage | null,
): void {
  const usage = seen?.usage ?? null;
  const { provider, deployment } = call;
  const route = { provider, model: call.request.model, deployment: deployment.model };
  const settlement = { nanoUsd, how, usage, route, savedNanoUsd: 0 };
  const spent = house.wallet.settle(call.reservation, settlement);
  const labels = labelsOf(ticket, call);
  house.meter.spent(labels, spent);
  ticket.note({ spendNanoUsd: spent, settled: how });
  if (usage === null) return;
  house.meter.tokens(labels, usage);
  const { input, cacheRead, cacheWrite, cacheWrite1h, output } = usage;
  ticket.note({ input, cacheRead, cacheWrite: cacheWrite + cacheWrite1h, output });
}

function labelsOf({ caller }: Ticket, { key, request, provider }: ReadyCall) {
  return { caller, key, model: request.model, provider };
}

async function relayError(
  ticket: Ticket,
  response: ServerResponse,
  { name, keyHint }: ProviderSettings,
  providerKey: string,
  answer: UpstreamAnswer,
): Promise<void> {
  const text = await readText(answer.body);
  // The client would take a 401 for its own key's, and a provider may quote parts of ours in it.
  if (answer.status === 401) {
    const message = `The provider ${name} did not accept its key (${keyHint}).`;
    ticket.refuse({ reason: 'provider-key-rejected', message });
    return;
  }
  const safe = providerKey === '' ? text : text.replaceAll(providerKey, '***');
  ticket.outcome('allow', 'provider-error');
  response.writeHead(answer.status, {
    ...answerHeaders(answer.headers),
    'content-length': Buffer.byteLength(safe),
    [reasonHeader]: 'provider-error',
    [requestIdHeader]: ticket.requestId,
  });
  response.write(safe);
}

async function readText(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes > errorBytesMax) break;
    }
  } catch {
    // The status says what matters; what there is of the text goes along.
  } finally {
    body.destroy();
  }
  return Buffer.concat(parts).subarray(0, errorBytesMax).toString('utf8');
}
