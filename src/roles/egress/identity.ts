// Who a connection comes from: told by the socket it arrived on, by the client's certificate, or
// by credentials in the request. A listener has one of the three, and a connection that it cannot
// name is refused.

import type { Socket } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';
import { type Credentials, readCredentials } from './credentials.ts';
import { refuse, type Step } from './refusal.ts';
import type { EgressListener } from './settings.ts';
import { mutualTls, serverTls } from './tls-files.ts';

export interface Identity {
  /** Makes the listener a TLS server; null for a plain one. */
  readonly tls: TlsOptions | null;
  /** The caller as the connection tells it; null when it does not, or not in one plain way. */
  callerOf(socket: Socket): string | null;
  /** Whether the request must tell it: then identify() does, and callerOf() is null. */
  readonly needsCredentials: boolean;
  /** From a Proxy-Authorization header. Refused with `credentials-missing`, `credentials-wrong`. */
  identify(proxyAuthorization: string | null): Step<string>;
}

/**
 * Reads the files of a listener's identity.
 * @throws ClincherError `settings-invalid` naming the file that cannot be used
 */
export async function openIdentity(listener: EgressListener): Promise<Identity> {
  if ('caller' in listener) return bySocket(listener.caller);
  if (listener.identify === 'mtls') {
    return byCertificate(await mutualTls(listener.tls), listener.callerFrom);
  }
  const tls = listener.tls === undefined ? null : await serverTls(listener.tls);
  return byCredentials(tls, await readCredentials(listener.credentialsFile));
}

function bySocket(caller: string): Identity {
  return {
    tls: null,
    callerOf: () => caller,
    needsCredentials: false,
    identify: () => ({ ok: caller }),
  };
}

function byCertificate(tls: TlsOptions, from: 'cn' | 'ou'): Identity {
  return {
    tls,
    callerOf(socket) {
      // The server drops what is not authorized before it is ours; this holds if that ever fails.
      if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
      const subject: Readonly<Record<string, unknown>> = socket.getPeerCertificate().subject ?? {};
      return from === 'cn' ? callerName(subject.CN) : callerName(firstOf(subject.OU));
    },
    needsCredentials: false,
    identify: () => refuse('caller-unknown'),
  };
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

/**
 * Null for several common names, of which two readers would take two, and for `*`, which in rules
 * stands for others.
 */
function callerName(value: unknown): string | null {
  return typeof value === 'string' && /^[!-~]{1,128}$/.test(value) && value !== '*' ? value : null;
}

function byCredentials(tls: TlsOptions | null, credentials: Credentials): Identity {
  return {
    tls,
    callerOf: () => null,
    needsCredentials: true,
    identify(proxyAuthorization) {
      if (proxyAuthorization === null) return refuse('credentials-missing');
      const caller = credentials.callerOf(proxyAuthorization);
      return caller === null ? refuse('credentials-wrong') : { ok: caller };
    },
  };
}
