// A connection that stops being HTTP (WebSocket upgrade, CONNECT), carried to the next hop as
// bytes.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Reason } from '../policy/reasons.ts';
import { dialOptions } from './dial-options.ts';
import type { Carried } from './http-forward.ts';
import { endToEnd, filterHeaders, type RawHeaders } from './http-headers.ts';
import { request as openRequest } from './node-http.ts';

export interface TunnelHop {
  readonly to: string;
  readonly dialTimeoutMs: number;
  /** Without a byte either way. */
  readonly idleTimeoutMs: number;
  /** Complete; for an upgrade with `Connection: Upgrade` and `Upgrade`. */
  readonly headers: RawHeaders;
  answer(status: number, headers: string[]): string[];
  /** Sends the answer's head where it is not one of HTTP/1.1. */
  sendHead?(status: number, headers: readonly string[]): void;
  /** Called once bytes flow. */
  opened?(): void;
}

/** Never rejects. When `status` is null nothing was written to the client: the caller answers. */
export function tunnel(
  request: IncomingMessage,
  client: Duplex,
  early: Buffer,
  hop: TunnelHop,
): Promise<Carried> {
  return new Promise((resolve) => {
    const upstream = openRequest({
      ...dialOptions(hop.to),
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: [...hop.headers],
      agent: false,
      setHost: false,
    });
    const fail = (failure: Reason) => {
      clearTimeout(timer);
      client.off('close', gone);
      upstream.destroy();
      resolve({ status: null, bytesIn: 0, bytesOut: 0, failure });
    };
    const gone = () => fail('client-gone');
    const timer = setTimeout(() => fail('upstream-unreachable'), hop.dialTimeoutMs);
    client.once('close', gone);
    client.on('error', () => client.destroy());
    upstream.once('error', () => fail('upstream-unreachable'));
    const accept = (answer: IncomingMessage, socket: Socket, first: Buffer) => {
      clearTimeout(timer);
      client.off('close', gone);
      const status = answer.statusCode ?? 502;
      writeHead(client, answer, hop.answer(status, keepUpgrade(answer)), hop);
      hop.opened?.();
      socket.setTimeout(0);
      splice(client, socket, early, first, hop.idleTimeoutMs).then((bytes) =>
        resolve({ status, ...bytes, failure: null }),
      );
    };
    upstream.once('upgrade', accept);
    upstream.once('connect', (answer, socket, first) => {
      if (answer.statusCode === 200) return accept(answer, socket, first);
      clearTimeout(timer);
      client.off('close', gone);
      refuseThrough(client, answer, socket, hop).then(resolve);
      if (first.length > 0) socket.unshift(first);
    });
    upstream.once('response', (answer) => {
      clearTimeout(timer);
      client.off('close', gone);
      refuseThrough(client, answer, answer, hop).then(resolve);
    });
    upstream.end();
  });
}

/**
 * The next hop said no in plain HTTP: its answer goes to the client, and the connection ends with
 * it.
 */
function refuseThrough(
  client: Duplex,
  answer: IncomingMessage,
  body: NodeJS.ReadableStream & { destroy(): unknown },
  hop: TunnelHop,
): Promise<Carried> {
  const status = answer.statusCode ?? 502;
  let bytesOut = 0;
  const headers = hop.answer(status, endToEnd(answer.rawHeaders));
  writeHead(client, answer, [...headers, 'Connection', 'close'], hop);
  body.on('data', (chunk: Buffer) => {
    bytesOut += chunk.length;
  });
  body.pipe(client);
  return new Promise((resolve) => {
    client.once('close', () => {
      body.destroy();
      resolve({ status, bytesIn: 0, bytesOut, failure: null });
    });
    // Of HTTP/2 the rest of the connection goes on, and Node ends the stream.
    if (hop.sendHead === undefined) client.once('finish', () => client.destroy());
    body.on('error', () => client.destroy());
  });
}

function keepUpgrade(answer: IncomingMessage): string[] {
  if (answer.statusCode !== 101) return endToEnd(answer.rawHeaders);
  const upgrade = filterHeaders(answer.rawHeaders, (name) => name === 'upgrade');
  return [...endToEnd(answer.rawHeaders), 'Connection', 'Upgrade', ...upgrade];
}

function writeHead(
  client: Duplex,
  answer: IncomingMessage,
  headers: readonly string[],
  hop: TunnelHop,
): void {
  const status = answer.statusCode ?? 502;
  if (hop.sendHead !== undefined) {
    hop.sendHead(status, headers);
    return;
  }
  const lines = [`HTTP/1.1 ${status} ${answer.statusMessage ?? ''}`];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  client.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/**
 * Copies both ways until both ends are closed, one breaks, or nothing moved for `idleTimeoutMs`.
 */
function splice(
  client: Duplex,
  server: Socket,
  fromClient: Buffer,
  fromServer: Buffer,
  idleTimeoutMs: number,
): Promise<{ bytesIn: number; bytesOut: number }> {
  const bytes = { bytesIn: fromClient.length, bytesOut: fromServer.length };
  return new Promise((resolve) => {
    const end = () => {
      client.destroy();
      server.destroy();
    };
    const idle = setTimeout(end, idleTimeoutMs);
    client.on('data', (chunk: Buffer) => {
      bytes.bytesIn += chunk.length;
      idle.refresh();
    });
    server.on('data', (chunk: Buffer) => {
      bytes.bytesOut += chunk.length;
      idle.refresh();
    });
    server.on('error', end);
    client.on('error', end);
    let open = 2;
    const closed = (other: Duplex) => () => {
      open -= 1;
      if (!other.destroyed) other.end(() => other.destroy());
      if (open > 0) return;
      clearTimeout(idle);
      resolve(bytes);
    };
    client.once('close', closed(server));
    server.once('close', closed(client));
    if (fromServer.length > 0) client.write(fromServer);
    if (fromClient.length > 0) server.write(fromClient);
    client.pipe(server);
    server.pipe(client);
  });
}
