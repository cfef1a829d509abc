// One HTTP exchange: which endpoint it is for, whose key came with it, and that it always ends in
// a record.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect } from '../../policy/llm-request.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import { chat } from './chat.ts';
import { keyOf, presentedKey } from './credentials.ts';
import type { House } from './house.ts';
import { listModels } from './models.ts';
import { Ticket } from './ticket.ts';

type Endpoint =
  | { readonly kind: 'chat'; readonly dialect: Dialect; readonly search: string }
  | { readonly kind: 'models' | 'unknown'; readonly dialect: Dialect };

/** Never rejects. */
export async function answerRequest(
  house: House,
  caller: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const endpoint = endpointOf(request);
  const abort = new AbortController();
  const ticket = new Ticket(house, caller, endpoint.dialect, request, response, abort.signal);
  response.once('close', () => abort.abort());
  response.on('error', () => {}); // A client that leaves is seen at `close`.
  try {
    if (house.open.size >= house.settings.limits.requestsMax) {
      const message = 'Too many requests at the same time; try again shortly.';
      ticket.refuse({ reason: 'limit-connections', message });
    } else {
      house.open.add(abort);
      await answer(house, ticket, endpoint, request, response);
    }
  } catch (error) {
    house.telemetry.log.error('request-failed', {
      requestId: ticket.requestId,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    response.destroy();
  } finally {
    await finish(request, response);
    house.open.delete(abort);
    ticket.close();
  }
}

async function answer(
  house: House,
  ticket: Ticket,
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (endpoint.kind === 'unknown') {
    const message = 'POST /v1/chat/completions, POST /v1/messages and GET /v1/models are here.';
    return ticket.refuse({ reason: 'path-unknown', message });
  }
  const presented = presentedKey(request);
  if ('none' in presented) {
    const message = 'Send the virtual key as `Authorization: Bearer` or `x-api-key`.';
    return ticket.refuse({ reason: 'key-missing', message });
  }
  const key =
    'key' in presented
      ? keyOf(house.settings.keys, house.secrets, ticket.caller, presented.key)
      : null;
  if (key === null) {
    return ticket.refuse({ reason: 'key-unknown', message: 'The virtual key is not valid here.' });
  }
  ticket.note({ key });
  if (endpoint.kind === 'chat') {
    return chat(house, ticket, request, response, key, endpoint.search);
  }
  const text = JSON.stringify(listModels(house.settings, endpoint.dialect));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    [requestIdHeader]: ticket.requestId,
  });
  response.write(text);
  ticket.note({ status: 200 });
}

/** Anthropic's own clients post to `/v1/messages?beta=true`; no other query has a meaning here. */
function endpointOf({ method, url = '', headers }: IncomingMessage): Endpoint {
  const isAnthropic =
    headers['anthropic-version'] !== undefined ||
    headers['x-api-key'] !== undefined ||
    url.startsWith('/v1/messages');
  const dialect = isAnthropic ? 'anthropic' : 'openai';
  if (method === 'POST' && url === '/v1/chat/completions') {
    return { kind: 'chat', dialect: 'openai', search: '' };
  }
  if (method === 'POST' && (url === '/v1/messages' || url === '/v1/messages?beta=true')) {
    return { kind: 'chat', dialect: 'anthropic', search: url.slice('/v1/messages'.length) };
  }
  const isList = /^\/v1\/models(?:\?[\w=&.-]*)?$/.test(url);
  return { kind: method === 'GET' && isList ? 'models' : 'unknown', dialect };
}

/**
 * How much of a refused body is read and thrown away, so that the client gets to read the refusal.
 */
const lingerBytesMax = 64 * 1024 * 1024;
const lingerMs = 2_000;

async function finish(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!response.destroyed && !request.complete) await linger(request, response);
  // Ending an answer that never began would make it a 200.
  if (response.headersSent) response.end();
  else response.destroy();
}

async function linger(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0;
  const done = new AbortController();
  request.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > lingerBytesMax) done.abort();
  });
  request.resume();
  response.once('close', () => done.abort());
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(lingerMs)]);
  await once(request, 'end', { signal }).catch(() => {});
}
