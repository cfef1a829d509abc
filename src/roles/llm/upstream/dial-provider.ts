// One connection to a provider: a tunnel through the egress proxy (or a service's own socket), and
// TLS to the provider's name inside it.

import { isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import { connectThrough } from '../../../net/connect-client.ts';
import { openSocket } from '../../../net/dial-options.ts';

export interface DialSettings {
  readonly url: URL;
  readonly dial: { readonly egress: string } | { readonly direct: string };
  /** PEM, besides the public roots. */
  readonly ca: string | null;
  readonly dialTimeoutMs: number;
}

export class Dialler {
  readonly #settings: DialSettings;
  readonly #ca: string[] | undefined;
  #session: Buffer | undefined;

  constructor(settings: DialSettings) {
    this.#settings = settings;
    this.#ca = settings.ca === null ? undefined : [...rootCertificates, settings.ca];
  }

  /** The egress proxy's record bears the id of the request that the connection is made for. */
  async connect(requestId: string): Promise<Socket> {
    const { url, dialTimeoutMs } = this.#settings;
    const socket = await this.#dial(requestId);
    if (url.protocol !== 'https:') return socket;
    const host = bareHost(url);
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
    await within(secure, 'secureConnect', dialTimeoutMs);
    return secure;
  }

  async #dial(requestId: string): Promise<Socket> {
    const { url, dial, dialTimeoutMs } = this.#settings;
    if ('egress' in dial) {
      const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
      return connectThrough(dial.egress, bareHost(url), port, requestId, dialTimeoutMs);
    }
    const socket = openSocket(dial.direct);
    await within(socket, 'connect', dialTimeoutMs);
    return socket;
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
