// The endpoints for keys and spending, at LiteLLM's paths, for whoever holds the master key.

import { reasonHeader } from '../../../telemetry/names.ts';
import { isAdminPath } from '../keys/admin-paths.ts';
import type { Endpoint, Exchange } from './endpoint.ts';
import { readJson } from './json-body.ts';
import { sendJson } from './send-json.ts';

/** Null where there is no such endpoint. */
export function admin(method: string, path: string): Endpoint | null {
  if ((method !== 'GET' && method !== 'POST') || !isAdminPath(method, path)) return null;
  const search = /^(?:\?[\w=&.,:%+-]*)?$/;
  const answer = (exchange: Exchange) => answerHere(exchange, method, path);
  return { method, paths: [path], dialect: 'openai', asks: 'master', search, answer };
}

async function answerHere(exchange: Exchange, method: string, path: string): Promise<void> {
  const body = await readJson(exchange);
  if (body === undefined) return;
  const { house, ticket, response, search } = exchange;
  const query = new URLSearchParams(search);
  const { answerAdmin } = await import('../keys/admin-api.ts');
  const answer = await answerAdmin(house, { method, path, query, body: body.value });
  if (answer.status < 400) return sendJson(ticket, response, answer.status, answer.body);
  const reason = answer.status < 500 ? 'request-malformed' : 'ledger-unavailable';
  ticket.outcome('deny', reason);
  response.setHeader(reasonHeader, reason);
  sendJson(ticket, response, answer.status, answer.body);
}
