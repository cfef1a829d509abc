// An answer of the proxy's own, in JSON, with the request's id.

import type { ServerResponse } from 'node:http';
import { requestIdHeader } from '../../../telemetry/names.ts';
import type { Ticket } from '../ticket.ts';

/** Writes the answer but does not end it. */
export function sendJson(
  ticket: Ticket,
  response: ServerResponse,
  status: number,
  value: unknown,
): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    [requestIdHeader]: ticket.requestId,
  });
  response.write(text);
  ticket.note({ status });
}
