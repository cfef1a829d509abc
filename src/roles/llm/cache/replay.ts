// An answer from the cache to a client: what was stored, as it was, with a head of its own.

import type { ServerResponse } from 'node:http';
import type { CachedAnswer, CachePlan } from '../../../policy/llm-cache/types.ts';
import { requestIdHeader } from '../../../telemetry/names.ts';
import type { CacheTicket } from './answer-cache.ts';

export interface Replay {
  readonly how: 'exact' | 'semantic' | 'joined';
  readonly plan: CachePlan;
  readonly answer: CachedAnswer;
  readonly ageMs: number;
  readonly similarity: number | null;
}

/** Does not end the response. False where the client has left. */
export function replay(ticket: CacheTicket, response: ServerResponse, given: Replay): boolean {
  const { how, plan, answer, ageMs, similarity } = given;
  const { body, contentType } = answer;
  ticket.note({
    ...{ status: 200, cache: how, cacheKey: plan.key, cacheFrom: answer.requestId },
    ...{ cacheAgeMs: ageMs, cacheSavedNanoUsd: answer.costNanoUsd },
    ...(similarity === null ? {} : { cacheSimilarity: Number(similarity.toFixed(4)) }),
  });
  if (response.destroyed) {
    ticket.outcome('allow', 'client-gone');
    return false;
  }
  const isStream = contentType.startsWith('text/event-stream');
  response.writeHead(200, {
    'content-type': contentType,
    ...(isStream ? {} : { 'content-length': body.length }),
    ...cacheHeaders(plan, how),
    age: String(Math.floor(ageMs / 1000)),
    [requestIdHeader]: ticket.requestId,
    'x-litellm-call-id': ticket.requestId,
  });
  response.write(body);
  ticket.carried(0, body.length);
  ticket.outcome('allow', 'allowed');
  return true;
}

/** LiteLLM's name for the key beside our own word for what was done. */
export function cacheHeaders({ key }: CachePlan, did: string): Record<string, string> {
  return { 'x-clincher-cache': did, 'x-litellm-cache-key': key };
}
