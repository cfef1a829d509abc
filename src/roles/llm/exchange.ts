// One HTTP exchange: which endpoint it is for, whose key came with it, and that it always ends in
// a record.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect } from '../../policy/llm-api.ts';
import { reasons } from '../../policy/reasons.ts';
import { presentedKey } from './credentials.ts';
import { admin } from './endpoints/admin.ts';
import type { Endpoint, Exchange } from './endpoints/endpoint.ts';
import { endpoints } from './endpoints.ts';
import type { House } from './house.ts';
import { Ticket } from './ticket.ts';

/** Never rejects. */
export async function answerRequest(
  house: House,
  caller: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { endpoint, dialect, ...asked } = endpointOf(request);
  const abort = new AbortController();
  const isModelCall = endpoint !== null && endpoint.dialect !== null;
  const route = isModelCall ? (endpoint.paths[0] ?? null) : null;
  const ticket = new Ticket(house, caller, dialect, request, response, abort.signal, route);
  let isOver = false;
  response.once('close', () => {
    if (!isOver) abort.abort();
  });
  response.on('error', () => {}); // A client that leaves is seen at `close`.
  try {
    if (house.open.size >= house.settings.limits.requestsMax) {
      const message = 'Too many requests at the same time; try again shortly.';
      ticket.refuse({ reason: 'limit-connections', message });
    } else {
      house.open.add(abort);
      await answer(
        { house, ticket, request, response, key: '', allowed: null, ...asked },
        endpoint,
      );
    }
  } catch (error) {
    house.telemetry.log.error('request-failed', {
      requestId: ticket.requestId,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    if (response.headersSent) response.destroy();
    const message = 'This request failed here, not at a provider; the log says why, under its id.';
    ticket.refuse({ reason: 'internal-fault', message });
  } finally {
    isOver = true;
    await finish(request, response);
    house.open.delete(abort);
    ticket.close();
  }
}

async function answer(exchange: Exchange, endpoint: Endpoint | null): Promise<void> {
  const { house, ticket, request } = exchange;
  if (endpoint === null) {
    const asked = endpoints.flatMap(({ method, paths }) => `${method} ${paths[0]}`);
    return ticket.refuse({ reason: 'path-unknown', message: `${asked.join(', ')} are here.` });
  }
  if (endpoint.asks === 'nobody') return endpoint.answer(exchange);
  const presented = presentedKey(request);
  if ('none' in presented) {
    const message = 'Send the virtual key as `Authorization: Bearer` or `x-api-key`.';
    return ticket.refuse({ reason: 'key-missing', message });
  }
  const value = 'key' in presented ? presented.key : null;
  if (endpoint.asks === 'master') {
    if (value !== null && house.keys.isMaster(value)) return endpoint.answer(exchange);
    return ticket.refuse({ reason: 'key-unknown', message: 'This needs the master key.' });
  }
  const lookup =
    value === null ? { refused: 'key-unknown' as const } : house.keys.find(ticket.caller, value);
  if ('refused' in lookup) {
    if (lookup.refused === 'key-blocked') house.alarms.raise('key-blocked', ticket.caller, {});
    const message = `${reasons[lookup.refused].replace(/\.$/, '')}, so it is not valid here.`;
    return ticket.refuse({ reason: lookup.refused, message });
  }
  const { name: key, models: allowed } = lookup.found;
  ticket.note({ key });
  return endpoint.answer({ ...exchange, key, allowed });
}

interface Found {
  readonly endpoint: Endpoint | null;
  readonly dialect: Dialect;
  readonly named: string | null;
  readonly search: string;
}

/** The path must be written as it is in the list: nothing is decoded or folded. */
function endpointOf({ method, url = '', headers }: IncomingMessage): Found {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const search = at < 0 ? '' : url.slice(at);
  const isAnthropic =
    headers['anthropic-version'] !== undefined ||
    headers['x-api-key'] !== undefined ||
    path.startsWith('/v1/messages');
  const spoken = isAnthropic ? 'anthropic' : 'openai';
  const { found, named } = findEndpoint(method ?? '', path);
  const endpoint = found?.search.test(search) === true ? found : null;
  return { endpoint, dialect: endpoint?.dialect ?? spoken, named, search };
}

function findEndpoint(method: string, path: string) {
  const whole = endpoints.find((one) => one.method === method && one.paths.includes(path));
  const found = whole ?? admin(method, path);
  if (found !== null) return { found, named: null };
  for (const one of endpoints) {
    if (one.named !== true || one.method !== method) continue;
    const over = one.paths.find((prefix) => path.startsWith(`${prefix}/`));
    if (over !== undefined) return { found: one, named: path.slice(over.length + 1) };
  }
  return { found: null, named: null };
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
