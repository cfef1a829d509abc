// The list of what is answered: one line adds an endpoint. LiteLLM's users know the paths without
// `/v1` too.

import type { Api, Dialect } from '../../policy/llm-api.ts';
import { cacheDelete, cacheFeedback, cachePing } from './endpoints/cache.ts';
import type { Endpoint } from './endpoints/endpoint.ts';
import { health, liveliness, metrics, readiness } from './endpoints/health.ts';
import { modelInfo, models } from './endpoints/models.ts';
import { modelCall } from './model-call.ts';

const noSearch = /^$/;
/** Anthropic's own clients post to `/v1/messages?beta=true`. */
const betaSearch = /^(?:\?beta=true)?$/;
const anySearch = /^(?:\?[\w=&.,%-]*)?$/;

function asking(api: Api, dialect: Dialect, paths: readonly string[], search = noSearch): Endpoint {
  return {
    ...{ method: 'POST', paths, dialect, asks: 'key', search },
    answer: ({ house, ticket, request, response, key, allowed, search: query }) =>
      modelCall(house, ticket, request, response, key, allowed, api, query),
  };
}

function reading(
  paths: readonly string[],
  answer: Endpoint['answer'],
  asks: Endpoint['asks'] = 'key',
): Endpoint {
  return { method: 'GET', paths, dialect: null, asks, search: anySearch, answer };
}

export const endpoints: readonly Endpoint[] = [
  asking('chat', 'openai', ['/v1/chat/completions', '/chat/completions']),
  asking('completions', 'openai', ['/v1/completions', '/completions']),
  asking('responses', 'openai', ['/v1/responses', '/responses']),
  asking('embeddings', 'openai', ['/v1/embeddings', '/embeddings']),
  asking('messages', 'anthropic', ['/v1/messages'], betaSearch),
  asking('count-tokens', 'anthropic', ['/v1/messages/count_tokens'], betaSearch),
  { ...reading(['/v1/models', '/models'], models), named: true },
  reading(['/v1/model/info', '/model/info', '/model_group/info'], modelInfo),
  reading(['/health'], health),
  reading(['/health/liveliness', '/health/liveness'], liveliness, 'nobody'),
  reading(['/health/readiness'], readiness, 'nobody'),
  reading(['/metrics'], metrics, 'nobody'),
  reading(['/cache/ping'], cachePing),
  { ...reading(['/cache/delete'], cacheDelete), method: 'POST' },
  { ...reading(['/cache/feedback'], cacheFeedback), method: 'POST' },
];
