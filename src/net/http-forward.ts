// One HTTP request carried to the next hop and its answer carried back, streaming, bounded, never
// buffered.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reason } from '../policy/reasons.ts';
import { dialOptions } from './dial-options.ts';
import { endToEnd, type RawHeaders } from './http-headers.ts';
import { request as openRequest } from './node-http.ts';
import { type Pace, type Paced, watchPace } from './pace.ts';

export interface Hop {
  /** `unix:` or `tcp:` address of the next hop. */
  readonly to: string;
  readonly dialTimeoutMs: number;
  /** Between two bytes from the next hop. */
  readonly idleTimeoutMs: number;
  /** Of the request's body. */
  readonly bodyBytesMax: number;
  /** Of the client; absent: as slow as it likes. */
  readonly pace?: Pace;
  /** The request's headers, complete: nothing is added but framing. */
  readonly headers: RawHeaders;
  /** The answer's headers to the client, from the end-to-end ones of the next hop. */
  answer(status: number, headers: string[]): string[];
  /** True when `intercept` answered in place of the next hop, whose body is then dropped. */
  intercept?(answer: IncomingMessage): boolean;
}

export interface Carried {
  /** Null when the next hop gave none. */
  readonly status: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Null when all went through; otherwise why not. When no head was sent, the caller answers. */
  readonly failure: Reason | null;
}

/** Never rejects. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  hop: Hop,
): Promise<Carried> {
  return new Promise((resolve) => {
    const carry = { status: null as number | null, bytesIn: 0, bytesOut: 0 };
    let settled = false;
    const upstream = openRequest({
      ...dialOptions(hop.to),
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: [...hop.headers, ...framing(request), 'Connection', 'close'],
      agent: false,
      setHost: false,
    });
    const settle = (failure: Reason | null) => {
      if (settled) return;
      settled = true;
      clearTimeout(dialTimer);
      endPace();
      request.unpipe(upstream);
      // A half-carried answer must look broken to the client, or it would take it for a whole one.
      if (failure !== null && response.headersSent) response.destroy();
      if (failure !== null) upstream.destroy();
      resolve({ ...carry, failure });
    };
    const dialTimer = setTimeout(() => settle('upstream-unreachable'), hop.dialTimeoutMs);
    const sides = pacedSides(request, response, carry);
    const tooSlow = () => settle('client-slow');
    const endPace = hop.pace === undefined ? () => {} : watchPace(hop.pace, sides, tooSlow);
    upstream.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => clearTimeout(dialTimer));
      else clearTimeout(dialTimer);
      socket.setTimeout(hop.idleTimeoutMs, () => settle('upstream-unreachable'));
    });
    upstream.on('error', () => settle('upstream-unreachable'));
    upstream.once('response', (answer) => {
      carry.status = answer.statusCode ?? 502;
      if (hop.intercept?.(answer) === true) {
        answer.resume();
        settle(null);
        return;
      }
      answer.on('data', (chunk: Buffer) => {
        carry.bytesOut += chunk.length;
      });
      answer.once('aborted', () => settle('upstream-unreachable'));
      answer.once('error', () => settle('upstream-unreachable'));
      const headers = hop.answer(carry.status, endToEnd(answer.rawHeaders));
      response.writeHead(carry.status, answer.statusMessage ?? '', headers);
      // The head goes at once: a stream's first token may be a minute away.
      response.flushHeaders();
      answer.pipe(response);
    });
    request.on('data', (chunk: Buffer) => {
      carry.bytesIn += chunk.length;
      if (carry.bytesIn > hop.bodyBytesMax) settle('limit-body');
    });
    request.once('error', () => settle('client-gone'));
    response.once('close', () => settle(response.writableFinished ? null : 'client-gone'));
    // Without framing there is no body: bytes after the head would be read as another request.
    if (isFramed(request)) request.pipe(upstream);
    else upstream.end();
  });
}

function pacedSides(
  request: IncomingMessage,
  response: ServerResponse,
  carry: { readonly bytesIn: number; readonly bytesOut: number },
): readonly Paced[] {
  return [
    {
      waiting: () => isFramed(request) && !request.readableEnded && !request.isPaused(),
      moved: () => carry.bytesIn,
    },
    {
      waiting: () => response.writableLength > 0,
      moved: () => carry.bytesOut - response.writableLength,
    },
  ];
}

function isFramed(request: IncomingMessage): boolean {
  const { headers } = request;
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function framing(request: IncomingMessage): string[] {
  return request.headers['transfer-encoding'] === undefined ? [] : ['Transfer-Encoding', 'chunked'];
}
