// A model provider for tests: TLS with a CA of its own, both dialects, streams and tools. It
// remembers every request, and a test can answer one by hand: with an error, late, by halves or
// not at all.

import { EventEmitter, once } from 'node:events';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeLocalCertificate } from '../cli/certificate.ts';
import { answerDemo } from '../roles/demo/answer.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Answers instead of the provider; must end or destroy the response, at whatever time. */
export type Responder = (request: ReceivedRequest, response: ServerResponse) => void;

export interface TestProvider extends AsyncDisposable {
  readonly port: number;
  /** Trusts its certificate; made for `names` and the loopback addresses. */
  readonly caPem: string;
  readonly requests: readonly ReceivedRequest[];
  /** Answers of its own kind where null. */
  respond: Responder | null;
  /** Resolves when so many requests have come in since the start. */
  received(count: number): Promise<void>;
}

export interface ProviderPlace {
  readonly tls?: boolean;
  readonly host?: string;
  readonly port?: number;
}

export async function startProvider(
  names: readonly string[],
  { tls = true, host = '127.0.0.1', port = 0 }: ProviderPlace = {},
): Promise<TestProvider> {
  const { caPem, certPem, keyPem } = await makeLocalCertificate(names, Date.now());
  const requests: ReceivedRequest[] = [];
  const arrivals = new EventEmitter();
  const handler = async (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => {});
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const { method = '', url = '', headers, rawHeaders } = request;
    const received = { method, url, headers, rawHeaders, body: Buffer.concat(parts) };
    requests.push(received);
    arrivals.emit('request');
    if (provider.respond !== null) return provider.respond(received, response);
    await answerDemo(request, received.body, response, { now: Date.now(), eventPauseMs: 0 });
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handler(request, response).catch(() => response.destroy());
  };
  const server = tls ? createTls({ cert: certPem, key: keyPem }, listener) : createPlain(listener);
  server.listen(port, host);
  await once(server, 'listening');
  const provider: TestProvider = {
    port: (server.address() as AddressInfo).port,
    caPem,
    requests,
    respond: null,
    async received(count) {
      while (requests.length < count) await once(arrivals, 'request');
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return provider;
}
