// A provider's failure in the words of the client's dialect.

import type { Dialect } from '../llm-api.ts';
import { parseJson } from './parts.ts';

const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** `text` is what the provider said; null where it said nothing that can be read. */
export function errorBody(
  dialect: Dialect,
  status: number,
  text: string | null,
  requestId: string,
): object {
  const message = text ?? `The provider answered with the status ${status}.`;
  if (dialect === 'anthropic') {
    const type = anthropicTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
    return { type: 'error', error: { type, message }, request_id: requestId };
  }
  const type =
    status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error';
  return { error: { message, type, param: null, code: null }, request_id: requestId };
}

/** Whether a provider's error is what clients of the dialect expect. */
export function isErrorOf(dialect: Dialect, text: string): boolean {
  const parsed = parseJson(text);
  const error = property(parsed, 'error');
  const isWhole = typeof property(error, 'message') === 'string';
  return isWhole && (dialect === 'openai' || property(parsed, 'type') === 'error');
}

/** Enough of whatever a server says to tell what went wrong there. */
const textMax = 500;

/** The sentence in an error's body, whichever dialect it is in; of a page there is none. */
export function errorText(body: string): string | null {
  const parsed = parseJson(body);
  if (typeof parsed !== 'object' || parsed === null) {
    const text = body.replace(/\p{Cc}+/gu, ' ').trim();
    return text === '' || text.startsWith('<') ? null : text.slice(0, textMax);
  }
  // Gemini wraps the errors of its streams in a list.
  const outer = Array.isArray(parsed) ? parsed[0] : parsed;
  const error = property(outer, 'error') ?? outer;
  const message = typeof error === 'string' ? error : property(error, 'message');
  if (typeof message === 'string' && message !== '') return message;
  return Object.keys(parsed).length === 0 ? null : body.slice(0, textMax);
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}
