// Who a connection comes from: told by the socket it arrived on, by the client's certificate, or
// by credentials in the request. A listener has one of the three, and a connection that it cannot
// name is refused.

import type { Socket } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';
import { type MutualTls, mutualTls, serverTls } from '../../net/tls-files.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { refuse, type Step } from './refusal.ts';
import type { EgressListener } from './settings.ts';

export interface Identity {
  /** Makes the listener a TLS server; null for a plain one. */
  readonly tls: TlsOptions | null;
  /** The caller as the connection tells it; null when it does not, or not in one plain way. */
  callerOf(socket: Socket): string | null;
  /** Whether the request must tell it: then identify() does, and callerOf() is null. */
  readonly needsCredentials: boolean;
  /** From a Proxy-Authorization header. Refused with `credentials-missing`, `credentials-wrong`. */
  identify(proxyAuthorization: string | null, socket: Socket): Step<string>;
  /** Whether what once told who this is would do so now. */
  stillKnows(socket: Socket): boolean;
}

/** By which line of the credentials file each connection was let in. */
export type GivenCredentials = WeakMap<Socket, string>;

/**
 * Reads the files of a listener's identity.
 * @throws ClincherError `settings-invalid` naming the file that cannot be used
 */
export async function openIdentity(
  listener: EgressListener,
  given: GivenCredentials = new WeakMap(),
): Promise<Identity> {
  if ('caller' in listener) return bySocket(listener.caller);
  if (listener.identify === 'mtls') {
    return byCertificate(await mutualTls(listener.tls), listener.callerFrom);
  }
  const tls = listener.tls === undefined ? null : await serverTls(listener.tls);
  return byCredentials(tls, await readCredentials(listener.credentialsFile), given);
}

function bySocket(caller: string): Identity {
  return {
    tls: null,
    callerOf: () => caller,
    needsCredentials: false,
    identify: () => ({ ok: caller }),
    stillKnows: () => true,
  };
}

function byCertificate({ options, accepts }: MutualTls, from: 'cn' | 'ou'): Identity {
  return {
    tls: options,
    callerOf(socket) {
      // The server drops what is not authorized before it is ours; this holds if that ever fails.
      if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
      // The handshake went by the files as they were when it began, which may have been long ago.
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined || !accepts(certificate)) return null;
      const subject: Readonly<Record<string, unknown>> = socket.getPeerCertificate().subject ?? {};
      return from === 'cn' ? callerName(subject.CN) : callerName(firstOf(subject.OU));
    },
    needsCredentials: false,
    identify: () => refuse('caller-unknown'),
    stillKnows(socket) {
      const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
      return certificate !== undefined && accepts(certificate);
    },
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

function byCredentials(
  tls: TlsOptions | null,
  credentials: Credentials,
  given: GivenCredentials,
): Identity {
  return {
    tls,
    callerOf: () => null,
    needsCredentials: true,
    identify(proxyAuthorization, socket) {
      if (proxyAuthorization === null) return refuse('credentials-missing');
      const found = credentials.find(proxyAuthorization);
      if (found === null) return refuse('credentials-wrong');
      given.set(socket, found.id);
      return { ok: found.caller };
    },
    stillKnows(socket) {
      const id = given.get(socket);
      return id === undefined || credentials.has(id);
    },
  };
}

/** The files that tell a listener who calls; none for one that knows by itself. */
export function identityFiles(listener: EgressListener): readonly string[] {
  if ('caller' in listener) return [];
  const { certFile, keyFile } = listener.tls ?? {};
  const own = [certFile, keyFile];
  const more =
    listener.identify === 'mtls'
      ? [listener.tls.caFile, listener.tls.crlFile]
      : [listener.credentialsFile];
  return [...own, ...more].filter((file) => file !== undefined);
}
