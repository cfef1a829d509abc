// Reads a plain HTTP request that is to be forwarded, in absolute form, and writes it anew for its
// host. As strict as the reading of CONNECT, because here a second reading by the host itself is
// certain: one request a connection, its body counted, nothing that is meant for a proxy left in.

import { type ConnectHead, hasStrayBytes, readHeaderLines } from './request-head.ts';

export interface ForwardHead extends ConnectHead {
  readonly forward: {
    /** The head as the host gets it. */
    readonly text: string;
    readonly bodyBytes: number;
  };
}

export type ForwardReading =
  | { readonly state: 'refused'; readonly why: 'malformed' | 'method' }
  | { readonly state: 'head'; readonly head: ForwardHead };

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const httpPort = 80;
/** Chunks have two readings too many; the rest asks for more than one request and one answer. */
const refused = ['transfer-encoding', 'trailer', 'te', 'expect', 'upgrade', 'http2-settings'];
const single = ['host', 'content-length', 'connection', 'x-request-id', 'proxy-authorization'];
/** For the proxy, or for one hop. */
const dropped = ['host', 'connection', 'keep-alive', 'x-request-id', 'x-upstream-https-proxy'];
const bodyDigitsMax = 15;
const malformed: ForwardReading = { state: 'refused', why: 'malformed' };

/** `bytes` must hold the whole head. */
export function readForwardHead(bytes: Buffer): ForwardReading {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1 || hasStrayBytes(bytes.subarray(0, end + 4))) return malformed;
  const [requestLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const target = readTarget(requestLine);
  if (target === 'method') return { state: 'refused', why: 'method' };
  const headers = readHeaderLines(lines, refused, single);
  if (target === null || headers === null) return malformed;
  const { method, host, port, authority, path } = target;
  const given = headers.get('host')?.toLowerCase();
  const names = [authority, `${authority.replace(/:[0-9]+$/, '')}:${port}`];
  if (given === undefined || !names.includes(given)) return malformed;
  const length = headers.get('content-length') ?? '0';
  const connection = headers.get('connection')?.toLowerCase() ?? 'close';
  // A header that Connection names is to be dropped, and content-length could be that header.
  if (connection !== 'close' && connection !== 'keep-alive') return malformed;
  if (!/^[0-9]+$/.test(length) || length.length > bodyDigitsMax) return malformed;
  const kept = lines.filter((line) => isForHost(line.slice(0, line.indexOf(':')).toLowerCase()));
  const start = `${method} ${path} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n`;
  const requestId = headers.get('x-request-id') ?? null;
  return {
    state: 'head',
    head: {
      host,
      port,
      requestId: requestId !== null && /^[\w.-]{1,64}$/.test(requestId) ? requestId : null,
      proxyAuthorization: headers.get('proxy-authorization') ?? null,
      clientProxy: headers.get('x-upstream-https-proxy') ?? null,
      bytes: end + 4,
      forward: {
        text: `${start}${kept.map((line) => `${line}\r\n`).join('')}\r\n`,
        bodyBytes: Number(length),
      },
    },
  };
}

function isForHost(name: string): boolean {
  return !dropped.includes(name) && !/^(?:proxy|x-clincher)-/.test(name);
}

function readTarget(line: string) {
  const match = /^([A-Z]+) http:\/\/([^/?#@\\ ]+)((?:[/?][!-~]*)?) HTTP\/1\.1$/.exec(line);
  const [, method = '', written = '', rest = ''] = match ?? [];
  if (match === null) return /^[A-Z]+ \//.test(line) ? 'method' : null;
  if (!methods.includes(method)) return 'method';
  if (rest.includes('#') || rest.includes('\\')) return null;
  const parts = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::([1-9][0-9]{0,4}))?$/.exec(written);
  const host = parts?.[1] ?? parts?.[2];
  const port = parts?.[3] === undefined ? httpPort : Number(parts[3]);
  if (host === undefined || port > 65_535) return null;
  if (parts?.[1] !== undefined && !parts[1].includes(':')) return null;
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { method, host, port, authority: written.toLowerCase(), path };
}
