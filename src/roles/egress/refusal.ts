// How a tunnel is refused: the status of each reason, the answer before a tunnel exists, the
// alert inside it.

import { denialHeaders } from '../../net/http-answer.ts';
import { STATUS_CODES } from '../../net/node-http.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import type { EgressFields } from './record.ts';

export interface Refusal {
  readonly reason: Reason;
  readonly rule: string | null;
  /** For the log: what one line would allow it, which address it was, what the system said. */
  readonly fields?: EgressFields;
}

export type Step<T> = { readonly ok: T } | { readonly no: Refusal };

export function refuse(
  reason: Reason,
  rule: string | null = null,
  fields?: EgressFields,
): Step<never> {
  return { no: fields === undefined ? { reason, rule } : { reason, rule, fields } };
}

const statuses: Partial<Record<Reason, number>> = {
  'request-malformed': 400,
  'host-malformed': 400,
  'method-refused': 405,
  'credentials-missing': 407,
  'credentials-wrong': 407,
  'head-timeout': 408,
  'tunnels-too-many': 429,
  'tunnels-too-fast': 429,
  'window-bytes-up': 429,
  'window-bytes-down': 429,
  'proxy-header-malformed': 400,
  'upstream-refused': 502,
  'answer-malformed': 502,
  'proxy-full': 503,
  'record-unavailable': 503,
  'head-too-large': 431,
  'name-unresolvable': 502,
  'answers-too-many': 502,
  'upstream-unreachable': 502,
  'resolve-timeout': 504,
  'dial-timeout': 504,
};

/** 403 for everything that policy denied. */
export function statusOf(reason: Reason): number {
  return statuses[reason] ?? 403;
}

/**
 * The caller is told the reason and the request id, never the rule, the address or what the
 * system said.
 */
export function refusalAnswer(reason: Reason, requestId: string): string {
  const status = statusOf(reason);
  const error = { code: reason, message: reasons[reason], request_id: requestId };
  const body = `${JSON.stringify({ error })}\n`;
  const headers: Record<string, string> = {
    ...denialHeaders({ status, reason, requestId }, 'application/json', body),
  };
  if (status === 405) headers.allow = 'CONNECT';
  if (status === 407) headers['proxy-authenticate'] = 'Basic realm="clincher"';
  if (status === 429 || status === 503) headers['retry-after'] = '1';
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const start = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`;
  return `${[start, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

/** After our 200 only TLS is understood: a fatal access_denied alert, RFC 8446 section 6.2. */
export const accessDenied = Buffer.from([21, 3, 3, 0, 2, 2, 49]);
