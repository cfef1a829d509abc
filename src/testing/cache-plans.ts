// Requests as the cache plans them, for tests: a plain one, and what is made of it.

import assert from 'node:assert/strict';
import type { Api } from '../policy/llm-api.ts';
import { type PlanCacheFor, planCache } from '../policy/llm-cache/plan.ts';
import type { CachePlan } from '../policy/llm-cache/types.ts';
import { readModelRequest } from '../policy/llm-request.ts';

export const facts: PlanCacheFor = {
  caller: 'gateway',
  key: 'agent',
  session: 's1',
  share: 'session',
  model: 'sonnet',
  namespace: '',
  headers: [['accept', '*/*']],
  search: '',
  tools: 'never',
  semantic: true,
  demandsOf: null,
  textBytesMax: 2_048,
};

export function looked(body: string, more: Partial<PlanCacheFor> = {}, api: Api = 'chat') {
  const bytes = Buffer.from(body);
  const request = readModelRequest(api, bytes);
  assert.ok(!('fault' in request), JSON.stringify(request));
  return planCache(request, bytes, { ...facts, ...more });
}

export function planned(
  body: string,
  more: Partial<PlanCacheFor> = {},
  api: Api = 'chat',
): CachePlan {
  const plan = looked(body, more, api);
  assert.ok(!('leftOut' in plan), JSON.stringify(plan));
  return plan;
}

export const user = (content: unknown) => ({ role: 'user', content });
export const chat = (more: object = {}, text: unknown = 'how old is Rome?') =>
  JSON.stringify({
    model: 'sonnet',
    messages: [{ role: 'system', content: 'be brief' }, user('hi'), user(text)],
    temperature: 0.5,
    ...more,
  });
