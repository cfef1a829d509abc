// The endpoints for keys and spending, at LiteLLM's paths, for whoever holds the master key.

import { reasonHeader } from '../../../telemetry/names.ts';
import { answerAdmin, isAdminPath } from '../keys/admin-api.ts';
import type { Endpoint, Exchange } from './endpoint.ts';
import { sendJson } from './send-json.ts';

const bodyBytesMax = 1024 * 1024;

/** Null where there is no such endpoint. */
export function admin(method: string, path: string): Endpoint | null {
  if ((method !== 'GET' && method !== 'POST') || !isAdminPath(method, path)) return null;
  const search = /^(?:\?[\w=&.,:%+-]*)?$/;
  const answer = (exchange: Exchange) => answerHere(exchange, method, path);
  return { method, paths: [path], dialect: 'openai', asks: 'master', search, answer };
}

async function answerHere(
  { house, ticket, request, response, search }: Exchange,
  method: string,
  path: string,
): Promise<void> {
  const read = await house.bodies.read(request);
  if ('refused' in read) {
    const message = 'The body is too large, or there is no room for it now.';
    return ticket.refuse({ reason: 'limit-body', message });
  }
  try {
    const body = parse(read.body);
    if (body === undefined) {
      const message = 'The body must be JSON of a megabyte at most.';
      return ticket.refuse({ reason: 'request-malformed', message });
    }
    const query = new URLSearchParams(search);
    const answer = await answerAdmin(house, { method, path, query, body });
    if (answer.status < 400) return sendJson(ticket, response, answer.status, answer.body);
    const reason = answer.status < 500 ? 'request-malformed' : 'ledger-unavailable';
    ticket.outcome('deny', reason);
    response.setHeader(reasonHeader, reason);
    sendJson(ticket, response, answer.status, answer.body);
  } finally {
    read.release();
  }
}

function parse(body: Buffer): unknown {
  if (body.length > bodyBytesMax) return undefined;
  if (body.length === 0) return null;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
