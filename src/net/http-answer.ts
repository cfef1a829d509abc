// How a role says no over HTTP: status, reason header, one JSON body; on a response or on a bare
// connection.

import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Reason, reasons } from '../policy/reasons.ts';
import { reasonHeader, requestIdHeader } from '../telemetry/names.ts';
import { STATUS_CODES } from './node-http.ts';

export interface Denial {
  readonly status: number;
  readonly reason: Reason;
  readonly requestId: string;
  /** Replaces the reason's own sentence. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * `{"error":{"code","message","request_id"}}`; the connection ends with it, so nothing unread is
 * reused.
 */
export function deny(response: ServerResponse, denial: Denial): void {
  const body = denialBody(denial);
  response.writeHead(denial.status, {
    ...denialHeaders(denial, 'application/json', body),
    ...denial.headers,
  });
  response.end(body);
}

/** The same, where there is no response object: a refused upgrade, a broken head. */
export function denyRaw(socket: Duplex, denial: Denial): void {
  const body = denialBody(denial);
  const headers = { ...denialHeaders(denial, 'application/json', body), ...denial.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const start = `HTTP/1.1 ${denial.status} ${STATUS_CODES[denial.status] ?? ''}`;
  socket.on('error', () => socket.destroy());
  socket.end(`${[start, ...lines].join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

export function denialHeaders(
  denial: Denial,
  type: string,
  body: string,
): Readonly<Record<string, string>> {
  return {
    'content-type': `${type}; charset=utf-8`,
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    [reasonHeader]: denial.reason,
    [requestIdHeader]: denial.requestId,
    connection: 'close',
  };
}

function denialBody(denial: Denial): string {
  const message = denial.message ?? reasons[denial.reason];
  const error = { code: denial.reason, message, request_id: denial.requestId };
  return `${JSON.stringify({ error })}\n`;
}
