// The way to one provider: calls over connections that are kept. A call that finds its connection
// closed goes out on another; one that may have been read is never sent twice from here, because
// its work may have been done, and billed.

import type { IncomingHttpHeaders } from 'node:http';
import { ConnectError } from '../../../net/connect-client.ts';
import type { Reason } from '../../../policy/reasons.ts';
import type { AnswerBody } from './answer-body.ts';
import { ask } from './ask.ts';
import { Dialler, type DialSettings } from './dial-provider.ts';
import { type Connection, Pool, PoolFull } from './pool.ts';
import { isHeadersTimeout } from './undici-client.ts';

export interface UpstreamSettings extends Omit<DialSettings, 'url'> {
  readonly name: string;
  readonly baseUrl: string;
  readonly connectionsMax: number;
  readonly keepAliveMs: number;
  readonly idleTimeoutMs: number;
  readonly headerBytesMax: number;
}

export interface UpstreamCall {
  /** With the path that goes after the base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One after the other they are the body. */
  readonly body: readonly Uint8Array[];
  readonly requestId: string;
  /** To the head of the answer. */
  readonly firstByteMs: number;
  readonly signal: AbortSignal;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AnswerBody;
  /** The request whose id the tunnel's record in egress bears. */
  readonly tunnel: string;
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

export class Upstream implements Disposable {
  readonly url: URL;
  readonly #settings: UpstreamSettings;
  readonly #pool: Pool;
  readonly #prefix: string;

  constructor(settings: UpstreamSettings) {
    this.#settings = settings;
    this.url = new URL(settings.baseUrl);
    this.#prefix = this.url.pathname.replace(/\/$/, '');
    const { dial, ca, dialTimeoutMs, connectionsMax, keepAliveMs, headerBytesMax } = settings;
    const dialler = new Dialler({ url: this.url, dial, ca, dialTimeoutMs });
    this.#pool = new Pool({
      ...{ origin: this.url.origin, connectionsMax, keepAliveMs, headerBytesMax },
      waitMs: dialTimeoutMs,
      connect: (requestId) => dialler.connect(requestId),
    });
  }

  /** The path as it goes over the wire, for whoever signs it. */
  pathOf(path: string): string {
    return `${this.#prefix}${path}`;
  }

  /** @throws UpstreamFailure; the caller reads the body to its end or destroys it */
  async call(call: UpstreamCall): Promise<UpstreamAnswer> {
    let connection: Connection | null = null;
    try {
      connection = await this.#pool.take(call.requestId);
      return await this.#send(connection, call);
    } catch (error) {
      const sent = connection?.sent() ?? false;
      if (connection !== null) this.#pool.close(connection);
      throw this.#failure(error, sent, call);
    }
  }

  [Symbol.dispose](): void {
    this.#pool.closeAll();
  }

  async #send(connection: Connection, call: UpstreamCall): Promise<UpstreamAnswer> {
    const request = {
      path: this.pathOf(call.path),
      headers: call.headers,
      body: call.body,
      signal: call.signal,
      headersTimeout: call.firstByteMs,
      bodyTimeout: this.#settings.idleTimeoutMs,
    };
    const head = await ask(connection.client, request, (whole) => {
      // What still waits to be written lies in memory that the next request is read into.
      if (whole && !connection.isWriting()) this.#pool.release(connection);
      else this.#pool.close(connection);
    });
    return { ...head, tunnel: connection.tunnel };
  }

  #failure(error: unknown, sent: boolean, { signal, firstByteMs }: UpstreamCall): UpstreamFailure {
    const { name } = this.#settings;
    if (signal.aborted) return new UpstreamFailure('client-gone', 'the client left', sent);
    if (error instanceof ConnectError && error.answer.reason !== null) {
      const { reason, status } = error.answer;
      const denied = status === 403;
      const did = denied ? 'refused' : 'could not make';
      const message = `The egress proxy ${did} the connection to ${this.url.host}: ${reason}.`;
      const ours = denied ? 'egress-denied' : 'upstream-unreachable';
      return new UpstreamFailure(ours, message, false, reason);
    }
    if (error instanceof PoolFull) {
      const message = `Every connection to the provider ${name} is in use; try again shortly.`;
      return new UpstreamFailure('limit-connections', message, false);
    }
    if (isHeadersTimeout(error)) {
      const message = `The provider ${name} sent no answer in ${firstByteMs} ms.`;
      return new UpstreamFailure('provider-timeout', message, true);
    }
    const message = `The provider ${name} could not be reached.`;
    return new UpstreamFailure('upstream-unreachable', message, sent, null, error);
  }
}
