// An HTTP server as every role opens it: strict parser, bounded heads and connections, an end that
// is prompt.

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { limits } from '../kit/limits.ts';
import type { World } from '../kit/world.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type Denial, deny, denyRaw } from './http-answer.ts';
import { createServer as createHttp } from './node-http.ts';

export interface HttpServerLimits {
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  readonly headerTimeoutMs: number;
  /** Between two bytes, and between two requests of a connection. */
  readonly idleTimeoutMs: number;
}

export interface HttpServer {
  readonly server: Server;
  /**
   * Takes upgrades and CONNECT; without it the first are plain requests and the second end the
   * connection.
   */
  onTunnel(handle: TunnelListener): void;
  /** Of a request that came another way than by `handle`: it is waited for when all closes. */
  underWay(response: ServerResponse): void;
  /** Called first when all closes. */
  onClose(listener: () => void): void;
  /** How many connections are open. */
  open(): number;
  /**
   * Closes the listener, ends tunnels, lets requests finish for `graceMs`, destroys what is left.
   */
  close(graceMs: number): Promise<void>;
}

export type TunnelListener = (request: IncomingMessage, client: Duplex, early: Buffer) => void;
export type WireFault = 'malformed' | 'head-too-large' | 'head-too-slow' | 'pipelined';
/** Records the fault; returns the request id it is recorded under. */
export type FaultListener = (fault: WireFault) => string;

const faultStatus = {
  malformed: 400,
  'head-too-large': 431,
  'head-too-slow': 408,
  pipelined: 400,
} as const satisfies Record<WireFault, number>;

/** Whatever breaks the wire's rules is answered here, and its connection ends. */
export function createHttpServer(
  bounds: HttpServerLimits,
  tls: TlsOptions | null,
  handle: RequestListener,
  faulted: FaultListener,
): HttpServer {
  const options = {
    maxHeaderSize: bounds.headerBytesMax,
    headersTimeout: bounds.headerTimeoutMs,
    // Bodies are bounded by size and by silence, not by total time: an upload or a stream may take
    // long.
    requestTimeout: 0,
    keepAliveTimeout: Math.min(bounds.idleTimeoutMs, 75_000),
    // Node looks for slow heads only this often; its default of 30 s would stretch the limit.
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(bounds.headerTimeoutMs / 2)),
    insecureHTTPParser: false,
    requireHostHeader: false, // judged by policy, with a reason
    noDelay: true,
  };
  const answering = new WeakSet<Duplex>();
  const handleOne = refusePipelined(handle, faulted, answering);
  const server =
    tls === null
      ? createHttp(options, handleOne)
      : (createHttps(
          {
            ALPNProtocols: ['http/1.1'],
            ...options,
            ...tls,
            handshakeTimeout: bounds.headerTimeoutMs,
          },
          handleOne,
        ) as unknown as Server);
  server.maxConnections = bounds.connectionsMax;
  // More are refused, not dropped: Node 24 answers 431.
  server.maxHeadersCount = 200;
  server.setTimeout(bounds.idleTimeoutMs, (socket) => socket.destroy());
  answerFaults(server, faulted, answering);
  const inFlight = countInFlight();
  server.on('request', (_, response) => inFlight.add(response));
  const closing: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const tunnels = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    server,
    underWay: inFlight.add,
    onClose: (listener) => void closing.push(listener),
    onTunnel(handleTunnel) {
      const take: TunnelListener = (request, client, early) => {
        if (answering.has(client)) {
          faulted('pipelined');
          client.destroy();
          return;
        }
        tunnels.add(client);
        client.once('close', () => tunnels.delete(client));
        handleTunnel(request, client, early);
      };
      server.on('upgrade', take);
      server.on('connect', take);
    },
    open: () => sockets.size,
    async close(graceMs) {
      for (const listener of closing) listener();
      for (const client of tunnels) client.destroy();
      await closeServer(server, sockets, inFlight, graceMs);
    },
  };
}

/** `answering` holds the connections whose answer has begun or will. */
export function answerFaults(
  server: Server,
  faulted: FaultListener,
  answering: WeakSet<Duplex>,
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.destroyed || !socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const fault = faultOf(error);
    const denial = denialOfFault(fault, faulted(fault));
    // The fault lies in the body of a request that is being answered: that answer is the last.
    if (answering.has(socket)) (socket as Socket).destroySoon();
    else denyRaw(socket, denial);
  });
}

/**
 * A second request before the first is answered is how a desynchronised connection shows: bytes
 * that one side took for a body and the other for a request. No client of ours pipelines, so none
 * may.
 */
function refusePipelined(
  handle: RequestListener,
  faulted: FaultListener,
  answering: WeakSet<Duplex>,
): RequestListener {
  return (request, response) => {
    const { socket } = request;
    if (answering.has(socket)) {
      deny(response, denialOfFault('pipelined', faulted('pipelined')));
      return;
    }
    answering.add(socket);
    const over = () => answering.delete(socket);
    // Whoever has the whole answer may ask again before we hear that it has; what came in one piece
    // with the request before is read by then.
    response.once('prefinish', () => setImmediate(over)).once('close', over);
    handle(request, response);
  };
}

export function denialOfFault(fault: WireFault, requestId: string): Denial {
  return { status: faultStatus[fault], reason: 'request-malformed', requestId };
}

/** The listener every role uses: one record per fault. */
export function recordFaults(world: World, telemetry: Telemetry, caller: string): FaultListener {
  return (fault) => {
    const requestId = world.randomId();
    telemetry.record({
      requestId,
      caller,
      verdict: 'deny',
      reason: 'request-malformed',
      rule: null,
      durationMs: 0,
      fields: { fault, status: faultStatus[fault] },
    });
    return requestId;
  };
}

function faultOf(error: NodeJS.ErrnoException): WireFault {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'head-too-large';
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'head-too-slow' : 'malformed';
}

/** Ends as soon as no request is in flight: idle connections are not waited for. */
async function closeServer(
  server: Server,
  sockets: ReadonlySet<Socket>,
  inFlight: InFlight,
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await inFlight.none(Math.min(graceMs, limits.shutdownGraceMs));
  for (const socket of sockets) socket.destroy();
  await closed;
}

interface InFlight {
  add(response: ServerResponse): void;
  none(waitMs: number): Promise<void>;
}

function countInFlight(): InFlight {
  let count = 0;
  let idle = () => {};
  return {
    add(response) {
      count += 1;
      response.once('close', () => {
        count -= 1;
        if (count === 0) idle();
      });
    },
    none: (waitMs) =>
      new Promise((resolve) => {
        if (count === 0) return resolve();
        const timer = setTimeout(resolve, waitMs);
        idle = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}
