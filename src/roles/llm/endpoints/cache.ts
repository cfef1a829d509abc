// What clients ask of the cache of answers: whether it is there, that something be forgotten, and
// what an answer from it was worth. At LiteLLM's paths, and in its words where it has some.

import * as z from 'zod';
import { sessionOf } from '../../../policy/llm-agent.ts';
import type { AnswerCache, CacheCaller } from '../cache/answer-cache.ts';
import type { Exchange } from './endpoint.ts';
import { readJson } from './json-body.ts';
import { sendJson } from './send-json.ts';

const name = z.string().min(1).max(256);
const deletion = z.strictObject({
  keys: z.array(name).min(1).max(1_000),
  session_id: name.optional(),
});
const feedback = z.strictObject({
  request_id: name,
  right: z.boolean(),
  session_id: name.optional(),
});

/** Nothing here tells one caller of the others. */
export function cachePing(exchange: Exchange): void {
  const cache = cacheOf(exchange);
  if (cache === null) return;
  const { mode, store } = cache.stats();
  const isHealthy = store.fault === null;
  sendJson(exchange.ticket, exchange.response, isHealthy ? 200 : 503, {
    status: isHealthy ? 'healthy' : 'unhealthy',
    cache_type: `${store.kind}${mode === 'semantic' ? '-semantic' : ''}`,
    ping_response: isHealthy,
    detail: store.fault,
  });
}

/** By the names that answers bear in `x-litellm-cache-key`; only the caller's own. */
export async function cacheDelete(exchange: Exchange): Promise<void> {
  const cache = cacheOf(exchange);
  const asked = cache === null ? null : await bodyOf(exchange, deletion, '`keys`: a list of names');
  if (cache === null || asked === null) return;
  const deleted = await cache.delete(asked.keys, whoIn(exchange, asked.session_id));
  sendJson(exchange.ticket, exchange.response, 200, { status: 'success', deleted });
}

export async function cacheFeedback(exchange: Exchange): Promise<void> {
  const cache = cacheOf(exchange);
  const says = '`request_id`, and `right`: true or false';
  const asked = cache === null ? null : await bodyOf(exchange, feedback, says);
  if (cache === null || asked === null) return;
  const who = whoIn(exchange, asked.session_id);
  const taken = await cache.feedback(asked.request_id, asked.right, who);
  const { ticket, response } = exchange;
  if (taken !== null) return sendJson(ticket, response, 200, { status: taken });
  const message = 'That request had no answer from the cache, or was judged, or was not yours.';
  ticket.refuse({ reason: 'cache-answer-unknown', message });
}

function cacheOf({ house, ticket }: Exchange): AnswerCache | null {
  if (house.cache !== null) return house.cache;
  ticket.refuse({ reason: 'cache-absent', message: 'Answers are not cached here.' });
  return null;
}

async function bodyOf<T>(
  exchange: Exchange,
  schema: z.ZodType<T>,
  says: string,
): Promise<T | null> {
  const body = await readJson(exchange);
  if (body === undefined) return null;
  const read = schema.safeParse(body.value);
  if (read.success) return read.data;
  const message = `The body must say ${says}, and may say \`session_id\`.`;
  exchange.ticket.refuse({ reason: 'request-malformed', message });
  return null;
}

function whoIn({ ticket, key, request }: Exchange, said: string | undefined): CacheCaller {
  return { caller: ticket.caller, key, session: sessionOf(request.headers, said ?? null) };
}
