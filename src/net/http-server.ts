// An HTTP server as every role opens it: strict parser, bounded heads and connections, an end that is prompt.

import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { limits } from '../kit/limits.ts';

export interface HttpServerLimits {
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  readonly headerTimeoutMs: number;
  /** Between two bytes, and between two requests of a connection. */
  readonly idleTimeoutMs: number;
}

export interface HttpServer {
  readonly server: Server;
  /** Takes upgrades and CONNECT; without it the first are plain requests and the second end the connection. */
  onTunnel(handle: TunnelListener): void;
  /** How many connections are open. */
  open(): number;
  /** Closes the listener, ends tunnels, lets requests finish for `graceMs`, destroys what is left. */
  close(graceMs: number): Promise<void>;
}

export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

export type TunnelListener = (request: IncomingMessage, client: Duplex, early: Buffer) => void;
export type RefusedWire = (why: WireFault, socket: Duplex) => void;
export type WireFault = 'malformed' | 'head-too-large' | 'head-too-slow';

/** The head of a connection that broke the wire's rules is answered by `refused`, or just closed. */
export function createHttpServer(
  bounds: HttpServerLimits,
  tls: TlsIdentity | null,
  handle: RequestListener,
  refused: RefusedWire,
): HttpServer {
  const options = {
    maxHeaderSize: bounds.headerBytesMax,
    headersTimeout: bounds.headerTimeoutMs,
    // Bodies are bounded by size and by silence, not by total time: an upload or a stream may take long.
    requestTimeout: 0,
    keepAliveTimeout: Math.min(bounds.idleTimeoutMs, 75_000),
    // Node looks for slow heads only this often; its default of 30 s would stretch the limit.
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(bounds.headerTimeoutMs / 2)),
    insecureHTTPParser: false,
    requireHostHeader: false, // judged by policy, with a reason
    noDelay: true,
  };
  const server =
    tls === null
      ? createHttp(options, handle)
      : (createHttps(
          {
            ...options,
            ...tls,
            minVersion: 'TLSv1.2',
            ALPNProtocols: ['http/1.1'],
            handshakeTimeout: bounds.headerTimeoutMs,
          },
          handle,
        ) as unknown as Server);
  server.maxConnections = bounds.connectionsMax;
  server.maxHeadersCount = 200;
  server.setTimeout(bounds.idleTimeoutMs, (socket) => socket.destroy());
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.destroyed || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else refused(faultOf(error), socket);
  });
  const sockets = new Set<Socket>();
  const tunnels = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    server,
    onTunnel(handleTunnel) {
      const take: TunnelListener = (request, client, early) => {
        tunnels.add(client);
        client.once('close', () => tunnels.delete(client));
        handleTunnel(request, client, early);
      };
      server.on('upgrade', take);
      server.on('connect', take);
    },
    open: () => sockets.size,
    async close(graceMs) {
      for (const client of tunnels) client.destroy();
      await closeServer(server, sockets, graceMs);
    },
  };
}

function faultOf(error: NodeJS.ErrnoException): WireFault {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'head-too-large';
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'head-too-slow' : 'malformed';
}

async function closeServer(server: Server, sockets: Set<Socket>, graceMs: number): Promise<void> {
  if (!server.listening) {
    for (const socket of sockets) socket.destroy();
    return;
  }
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(
    () => {
      for (const socket of sockets) socket.destroy();
    },
    Math.min(graceMs, limits.shutdownGraceMs),
  );
  await closed;
  clearTimeout(timer);
}
