// The way to one provider: a tunnel through the egress proxy (or a service's own socket), TLS to
// the provider's name, one request, its answer. Each call has a connection of its own, so that the
// egress record bears the call's request id and no call is lost to a connection that the provider
// was just closing.

import type { IncomingHttpHeaders } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import { Client, errors } from 'undici';
import { parseAddress } from '../../kit/address.ts';
import { assert } from '../../kit/assert.ts';
import { ConnectError, connectThrough } from '../../net/connect-client.ts';
import type { Reason } from '../../policy/reasons.ts';

export interface UpstreamSettings {
  readonly name: string;
  readonly baseUrl: string;
  readonly dial: { readonly egress: string } | { readonly direct: string };
  /** PEM, besides the public roots. */
  readonly ca: string | null;
  readonly dialTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly headerBytesMax: number;
}

export interface UpstreamCall {
  /** With the path that goes after the base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

export class UpstreamFailure extends Error {
  readonly reason: Reason;
  /** Whether the provider may have got the request: then it may have done, and billed, the work. */
  readonly sent: boolean;
  /** The egress proxy's own reason, when it refused. */
  readonly egressReason: string | null;

  /** `message` is for the client; what the system said, `cause`, is for the log. */
  constructor(
    reason: Reason,
    message: string,
    sent: boolean,
    egressReason: string | null = null,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.reason = reason;
    this.sent = sent;
    this.egressReason = egressReason;
  }
}

export class Upstream {
  readonly #settings: UpstreamSettings;
  readonly #url: URL;
  readonly #ca: string[] | undefined;
  #session: Buffer | undefined;

  constructor(settings: UpstreamSettings) {
    this.#settings = settings;
    this.#url = new URL(settings.baseUrl);
    this.#ca = settings.ca === null ? undefined : [...rootCertificates, settings.ca];
  }

  /** @throws UpstreamFailure; the caller reads the body to its end or destroys it */
  async call({ path, headers, body, requestId, signal }: UpstreamCall): Promise<UpstreamAnswer> {
    let connected = false;
    const client = this.#client(requestId, () => {
      connected = true;
    });
    const close = () => void client.destroy().catch(() => {});
    try {
      const answer = await client.request({
        method: 'POST',
        path: `${this.#url.pathname.replace(/\/$/, '')}${path}`,
        headers,
        body,
        signal,
        reset: true,
      });
      answer.body.once('close', close);
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    } catch (error) {
      close();
      throw this.#failure(error, connected, signal);
    }
  }

  #client(requestId: string, onConnect: () => void): Client {
    const { firstByteTimeoutMs, idleTimeoutMs, headerBytesMax } = this.#settings;
    return new Client(this.#url.origin, {
      headersTimeout: firstByteTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      maxHeaderSize: headerBytesMax,
      allowH2: false,
      connect: (_options, callback) => {
        this.#connect(requestId).then(
          (socket) => {
            onConnect();
            callback(null, socket);
          },
          (error: Error) => callback(error, null),
        );
      },
    });
  }

  async #connect(requestId: string): Promise<Socket> {
    const socket = await this.#dial(requestId);
    if (this.#url.protocol !== 'https:') return socket;
    const host = bareHost(this.#url);
    const secure = connectTls({
      socket,
      ...(isIP(host) === 0 ? { servername: host } : { host }),
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
      ...(this.#session === undefined ? {} : { session: this.#session }),
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
    });
    secure.on('session', (session) => {
      this.#session = session;
    });
    await within(secure, 'secureConnect', this.#settings.dialTimeoutMs);
    return secure;
  }

  async #dial(requestId: string): Promise<Socket> {
    const { dial, dialTimeoutMs } = this.#settings;
    if ('egress' in dial) {
      const port = Number(this.#url.port || (this.#url.protocol === 'https:' ? 443 : 80));
      return connectThrough(dial.egress, bareHost(this.#url), port, requestId, dialTimeoutMs);
    }
    const address = parseAddress(dial.direct);
    assert(address !== null && address.kind !== 'fd', `not an address to dial: ${dial.direct}`);
    const socket =
      address.kind === 'unix'
        ? connect({ path: address.path })
        : connect({ host: address.host, port: address.port });
    socket.setNoDelay(true);
    await within(socket, 'connect', dialTimeoutMs);
    return socket;
  }

  #failure(error: unknown, sent: boolean, signal: AbortSignal): UpstreamFailure {
    const { name } = this.#settings;
    if (signal.aborted) return new UpstreamFailure('client-gone', 'the client left', sent);
    if (error instanceof ConnectError && error.answer.reason !== null) {
      const { reason, status } = error.answer;
      const denied = status === 403;
      const did = denied ? 'refused' : 'could not make';
      const message = `The egress proxy ${did} the connection to ${this.#url.host}: ${reason}.`;
      const ours = denied ? 'egress-denied' : 'upstream-unreachable';
      return new UpstreamFailure(ours, message, false, reason);
    }
    if (error instanceof errors.HeadersTimeoutError) {
      const message = `The provider ${name} sent no answer in ${this.#settings.firstByteTimeoutMs} ms.`;
      return new UpstreamFailure('provider-timeout', message, true);
    }
    const message = `The provider ${name} could not be reached.`;
    return new UpstreamFailure('upstream-unreachable', message, sent, null, error);
  }
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Resolves at the event; destroys the socket and rejects at its error, its end or the deadline. */
function within(socket: Socket | TLSSocket, event: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error(`no connection in ${timeoutMs} ms`)), timeoutMs);
    const onClose = () => fail(new Error('the connection was closed'));
    const done = () => {
      clearTimeout(timer);
      socket.off('error', fail).off('close', onClose);
      resolve();
    };
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.off(event, done).off('close', onClose).off('error', fail);
      socket.on('error', () => {}); // A second fault of a lost socket changes nothing.
      socket.destroy();
      reject(error);
    };
    socket.once(event, done).once('error', fail).once('close', onClose);
  });
}
