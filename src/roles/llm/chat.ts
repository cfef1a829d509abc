// The life of one model call: key, body, admission, reservation, the provider, the answer,
// settlement.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AdmittedCall, admit } from '../../policy/llm-admission.ts';
import { rewrite } from '../../policy/llm-edits.ts';
import { type ModelRequest, readModelRequest } from '../../policy/llm-request.ts';
import { splice } from '../../policy/llm-splice.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import type { House, ProviderSettings } from './house.ts';
import type { Reservation } from './money/claim.ts';
import { dollars } from './money/money-text.ts';
import { providerHeaders } from './provider-headers.ts';
import type { ReadyCall } from './ready-call.ts';
import { relayAnswer } from './relay-answer.ts';
import type { Ticket } from './ticket.ts';
import { UpstreamFailure } from './upstream.ts';

/** `search` is what of the URL goes to the provider. */
export async function chat(
  house: House,
  ticket: Ticket,
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  search: string,
): Promise<void> {
  if (request.headers['content-encoding'] !== undefined) {
    const message = 'A compressed body cannot be read here; send it as it is.';
    return ticket.refuse({ reason: 'request-malformed', message });
  }
  const read = await house.bodies.read(request);
  if ('refused' in read) return refuseBody(house, ticket, read.refused);
  try {
    await work(house, ticket, request, response, key, search, read.body);
  } finally {
    read.release();
  }
}

async function work(
  house: House,
  ticket: Ticket,
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  search: string,
  body: Buffer,
): Promise<void> {
  const { dialect } = ticket;
  ticket.carried(body.length, 0);
  const chatRequest = readModelRequest(dialect === 'openai' ? 'chat' : 'messages', body);
  if ('fault' in chatRequest) {
    const message = `The request cannot be read: ${chatRequest.fault}.`;
    return ticket.refuse({ reason: 'request-malformed', message });
  }
  const { decision, message, call } = admit(chatRequest, house.settings, house.world.now());
  ticket.rule(decision.rule);
  if (call === null) return ticket.refuse({ reason: decision.reason, message });
  const provider = house.settings.providers.find(({ name }) => name === call.provider);
  const upstream = house.upstreams.get(call.provider);
  if (provider === undefined || upstream === undefined) throw new Error('provider without a way');
  ticket.note({ key, model: chatRequest.model, provider: provider.name });
  ticket.note({ deployment: call.deployment.model, stream: chatRequest.stream });
  const providerKey = provider.key === null ? '' : house.secrets.get(provider.key)?.reveal();
  if (providerKey === undefined) return ticket.refuse(missingKey(provider));
  const reservation = await reserve(house, ticket, chatRequest, call, key);
  if (reservation === null) return;
  const outputKey = isOpenai(provider) ? 'max_completion_tokens' : 'max_tokens';
  const { edits, countUnasked } = rewrite(body, chatRequest, {
    model: call.deployment.model,
    outputTokens: call.outputTokens,
    outputKey,
    countStreams: true,
    ...{ remove: [], add: {} },
  });
  const ready = { ...call, request: chatRequest, reservation, key, countUnasked };
  try {
    const answer = await upstream.call({
      path: `${dialect === 'openai' ? '/v1/chat/completions' : '/v1/messages'}${search}`,
      headers: {
        ...providerHeaders(dialect, request, providerKey),
        [requestIdHeader]: ticket.requestId,
      },
      body: splice(body, edits),
      requestId: ticket.requestId,
      signal: ticket.signal,
    });
    await relayAnswer(house, ticket, response, ready, provider, providerKey, answer);
  } catch (error) {
    failed(house, ticket, ready, error);
  }
}

async function reserve(
  house: House,
  ticket: Ticket,
  request: ModelRequest,
  { worst, deployment }: AdmittedCall,
  key: string,
): Promise<Reservation | null> {
  const { requestId, caller } = ticket;
  const { model } = request;
  const { provider } = deployment;
  ticket.note({ reservedNanoUsd: worst.nanoUsd });
  const reserved = await house.wallet.reserve({
    ...{ requestId, caller, key, session: null, heartbeat: false, model, again: false },
    routes: [{ provider, model, deployment: deployment.model, nanoUsd: worst.nanoUsd }],
    tokens: Math.ceil(request.bytes / 4),
  });
  if ('reservation' in reserved) return reserved.reservation;
  ticket.rule(reserved.denied.rule);
  ticket.refuse(reserved.denied);
  return null;
}

/** The call ended without an answer that could be sent on. */
function failed(house: House, ticket: Ticket, call: ReadyCall, error: unknown): void {
  const sent = !(error instanceof UpstreamFailure) || error.sent;
  const amount = sent ? call.reservation.nanoUsd : 0;
  const { provider, deployment } = call;
  const spent = house.wallet.settle(call.reservation, {
    ...{ nanoUsd: amount, how: sent ? 'kept' : 'unsent', usage: null, savedNanoUsd: 0 },
    route: { provider, model: call.request.model, deployment: deployment.model },
  });
  const { caller } = ticket;
  const labels = { caller, key: call.key, model: call.request.model, provider: call.provider };
  house.meter.spent(labels, spent);
  ticket.note({ spendNanoUsd: spent, settled: sent ? 'kept' : 'unsent' });
  if (!(error instanceof UpstreamFailure)) throw error;
  if (error.egressReason !== null) ticket.note({ egressReason: error.egressReason });
  if (error.cause instanceof Error) ticket.note({ error: error.cause.message });
  if (error.reason === 'client-gone') {
    ticket.outcome('allow', 'client-gone');
    return;
  }
  const kept = sent && spent > 0 ? ` ${dollars(spent)} stay counted as spent.` : '';
  ticket.refuse({ reason: error.reason, message: `${error.message}${kept}` });
}

function refuseBody(house: House, ticket: Ticket, why: 'too-large' | 'no-room' | 'gone'): void {
  if (why === 'gone') {
    ticket.outcome('deny', 'client-gone');
  } else if (why === 'too-large') {
    const message = `The body is larger than ${house.settings.limits.bodyBytesMax} bytes.`;
    ticket.refuse({ reason: 'limit-body', message });
  } else {
    const message = 'Too many large requests at the same time; try again shortly.';
    ticket.refuse({ reason: 'limit-connections', message });
  }
}

function missingKey({ name, keyHint }: ProviderSettings) {
  const hint = keyHint.startsWith('env:') ? 'export it and run' : 'set it and run';
  const message = `${keyHint} is not set: ${hint} \`clincher up\` again (key of ${name}).`;
  return { reason: 'provider-key-missing', message } as const;
}

/**
 * OpenAI's newer models refuse `max_tokens`; other servers of its dialect may not know the other
 * name.
 */
function isOpenai({ dialect, baseUrl }: ProviderSettings): boolean {
  return dialect === 'openai' && new URL(baseUrl).hostname === 'api.openai.com';
}
