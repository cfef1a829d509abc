// Refusals in the form that each dialect's clients understand, with the reason, the request id and
// whether trying again makes sense.

import type { ServerResponse } from 'node:http';
import type { Dialect } from '../../policy/llm-request.ts';
import type { Reason } from '../../policy/reasons.ts';
import { reasonHeader, requestIdHeader } from '../../telemetry/names.ts';

export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
  /** When trying again may make sense, where somebody can say. */
  readonly retryAfterMs?: number | null;
}

const statuses: Partial<Record<Reason, number>> = {
  'key-missing': 401,
  'key-unknown': 401,
  'key-blocked': 403,
  'key-expired': 401,
  'model-not-allowed': 403,
  'budget-exhausted': 402,
  'model-unknown': 404,
  'path-unknown': 404,
  'limit-body': 413,
  'secret-in-prompt': 403,
  'provider-tool-refused': 403,
  'loop-detected': 429,
  'limit-rpm': 429,
  'limit-tpm': 429,
  'limit-parallel': 429,
  'deployments-full': 429,
  'internal-fault': 500,
  'upstream-unreachable': 502,
  'egress-denied': 502,
  'provider-key-rejected': 502,
  'answer-broken': 502,
  'limit-connections': 503,
  'deployments-cooling': 503,
  'cache-absent': 503,
  'cache-answer-unknown': 404,
  'ledger-unavailable': 503,
  'shared-state-unavailable': 503,
  'provider-key-missing': 503,
  'provider-timeout': 504,
};

/**
 * What a second attempt may change. For the rest, both SDKs are told not to try: it would be load
 * only.
 */
const worthRetrying = new Set<Reason>([
  'limit-connections',
  'limit-rpm',
  'limit-tpm',
  'limit-parallel',
  'upstream-unreachable',
  'deployments-full',
  'deployments-cooling',
]);

/** Error types of the two APIs; Anthropic's and OpenAI's reference pages on errors. */
const types: Readonly<Record<number, Readonly<Record<Dialect, string>>>> = {
  401: { anthropic: 'authentication_error', openai: 'authentication_error' },
  402: { anthropic: 'billing_error', openai: 'insufficient_quota' },
  403: { anthropic: 'permission_error', openai: 'permission_error' },
  404: { anthropic: 'not_found_error', openai: 'not_found_error' },
  413: { anthropic: 'request_too_large', openai: 'invalid_request_error' },
  429: { anthropic: 'rate_limit_error', openai: 'rate_limit_error' },
  500: { anthropic: 'api_error', openai: 'server_error' },
  502: { anthropic: 'api_error', openai: 'server_error' },
  503: { anthropic: 'overloaded_error', openai: 'server_error' },
  504: { anthropic: 'timeout_error', openai: 'server_error' },
};

/** Writes the answer but does not end it; returns its status. Nothing may have been sent before. */
export function refuse(
  response: ServerResponse,
  dialect: Dialect,
  { reason, message, retryAfterMs = null }: Refusal,
  requestId: string,
): number {
  const status = statuses[reason] ?? 400;
  const type = types[status]?.[dialect] ?? 'invalid_request_error';
  const body =
    dialect === 'anthropic'
      ? { type: 'error', error: { type, message, code: reason }, request_id: requestId }
      : { error: { message, type, param: null, code: reason, request_id: requestId } };
  const text = JSON.stringify(body);
  const waitMs = reason === 'limit-connections' ? 1_000 : retryAfterMs;
  const seconds = waitMs === null ? null : Math.max(1, Math.ceil(waitMs / 1000));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    [reasonHeader]: reason,
    [requestIdHeader]: requestId,
    'x-should-retry': String(worthRetrying.has(reason)),
    ...(seconds === null ? {} : { 'retry-after': String(seconds) }),
    // What is left of the body will not be read.
    ...(reason === 'limit-body' || reason === 'limit-connections' ? { connection: 'close' } : {}),
  });
  response.write(text);
  return status;
}
