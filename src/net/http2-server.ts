// HTTP/2 beside HTTP/1.1 on one TLS server: what a client may make a session do is bounded, and its
// requests go the way that those of HTTP/1.1 go.

import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { deny } from './http-answer.ts';
import {
  denialOfFault,
  type FaultListener,
  type HttpServer,
  type HttpServerLimits,
} from './http-server.ts';
import { Http2Request, Http2Response } from './http2-exchange.ts';

export interface Http2Limits extends HttpServerLimits {
  /** At once, of one connection. */
  readonly streamsMax: number;
}

export interface Http2Handlers {
  request(request: IncomingMessage, response: ServerResponse): void;
  /** CONNECT, plain or for a WebSocket (RFC 8441). */
  connect(request: IncomingMessage, response: ServerResponse, client: ServerHttp2Stream): void;
}

/** As that of HTTP/1.1 between two requests. */
const idleSessionMsMax = 75_000;
/** Nine bytes each, and each is answered or changes what is kept: in a window of ten seconds. */
const controlFramesMax = 100;
const controlWindowMs = 10_000;

/**
 * Takes over the connections of `opened` that agreed on HTTP/2 in their handshake. One that breaks
 * the protocol's rules, or asks for more than work, ends, and `faulted` is told.
 */
export function attachHttp2(
  opened: HttpServer,
  bounds: Http2Limits,
  handlers: Http2Handlers,
  faulted: FaultListener,
): void {
  const h2 = http2Server(bounds);
  const sessions = new Set<ServerHttp2Session>();
  const [takeHttp1] = opened.server.listeners('secureConnection');
  opened.server.removeAllListeners('secureConnection');
  opened.server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') h2.emit('connection', socket);
    else takeHttp1?.call(opened.server, socket);
  });
  // Node's layer over HTTP/2 that looks like HTTP/1.1 looks so to types as well, all but its name.
  // The limit of the settings holds once a client has agreed to them, which it need not.
  const refuseLarge = ({ rawHeaders }: IncomingMessage, response: ServerResponse): boolean => {
    const bytes = rawHeaders.reduce((sum, text) => sum + text.length, 0);
    if (bytes <= bounds.headerBytesMax) return false;
    deny(response, denialOfFault('head-too-large', faulted('head-too-large')));
    return true;
  };
  h2.on('request', (request: unknown, response: unknown) => {
    opened.underWay(response as ServerResponse);
    if (refuseLarge(request as IncomingMessage, response as ServerResponse)) return;
    handlers.request(request as IncomingMessage, response as ServerResponse);
  });
  h2.on('connect', (request: unknown, response: unknown) => {
    const { stream } = response as Http2Response;
    if (refuseLarge(request as IncomingMessage, response as ServerResponse)) return;
    handlers.connect(request as IncomingMessage, response as ServerResponse, stream);
  });
  h2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    endIdle(session, bounds);
    endBusy(session, faulted);
  });
  // Node has said GOAWAY with the protocol's own code by then.
  h2.on('sessionError', () => void faulted('malformed'));
  opened.onClose(() => {
    for (const session of sessions) session.close();
  });
}

function http2Server(bounds: Http2Limits): Http2Server {
  return createServer({
    Http2ServerRequest: Http2Request,
    Http2ServerResponse: Http2Response,
    settings: {
      enableConnectProtocol: true,
      maxConcurrentStreams: bounds.streamsMax,
      maxHeaderListSize: bounds.headerBytesMax,
    },
    maxHeaderListPairs: 200,
    // Rapid reset (CVE-2023-44487): streams that are opened and given up, beyond it the session.
    streamResetBurst: 2 * bounds.streamsMax,
    streamResetRate: 20,
    maxSessionRejectedStreams: bounds.streamsMax,
    // Of one session, in megabytes: headers, and answers that are not read.
    maxSessionMemory: 8,
    maxSessionInvalidFrames: 100,
    maxOutstandingPings: 10,
    maxSettings: 32,
  });
}

/** No stream open: so shows a client that holds a connection, or a head that never ends. */
function endIdle(session: ServerHttp2Session, bounds: Http2Limits): void {
  let open = 0;
  const end = () => session.destroy();
  let timer = setTimeout(end, bounds.headerTimeoutMs);
  session.once('close', () => clearTimeout(timer));
  session.on('stream', (stream) => {
    open += 1;
    clearTimeout(timer);
    stream.setTimeout(bounds.idleTimeoutMs, () => stream.close(constants.NGHTTP2_CANCEL));
    stream.once('close', () => {
      open -= 1;
      if (open > 0 || session.destroyed) return;
      timer = setTimeout(end, Math.min(bounds.idleTimeoutMs, idleSessionMsMax));
    });
  });
}

/** PING and SETTINGS floods (CVE-2019-9512, CVE-2019-9515), answers read or not. */
function endBusy(session: ServerHttp2Session, faulted: FaultListener): void {
  let count = 0;
  const timer = setInterval(() => {
    count = 0;
  }, controlWindowMs).unref();
  session.once('close', () => clearInterval(timer));
  const seen = () => {
    count += 1;
    if (count !== controlFramesMax) return;
    faulted('malformed');
    session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };
  session.on('ping', seen);
  session.on('remoteSettings', seen);
}
