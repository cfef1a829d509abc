// Reads the one request this proxy knows, CONNECT, stricter than any HTTP parser: what two
// readers could take in two ways is refused, so nothing is left to smuggle. RFC 9112 and RFC 9110
// section 9.3.6.

export type HeadReading =
  | { readonly state: 'more' }
  | { readonly state: 'refused'; readonly why: 'malformed' | 'method' | 'too-large' }
  | { readonly state: 'head'; readonly head: ConnectHead };

export interface ConnectHead {
  /** As written, without brackets; judged by policy. */
  readonly host: string;
  readonly port: number;
  /** The caller's own id when it was well formed. */
  readonly requestId: string | null;
  readonly proxyAuthorization: string | null;
  /** A proxy that the client wants to be taken through: `x-upstream-https-proxy`. */
  readonly clientProxy: string | null;
  /** Where the head ends and what the client sent ahead begins. */
  readonly bytes: number;
}

const headersMax = 64;
const [tab, lineFeed, carriageReturn] = [9, 10, 13];
const malformed: HeadReading = { state: 'refused', why: 'malformed' };
/** A CONNECT has no body, and none of these means anything in one but trouble. */
const bodyHeaders = ['content-length', 'transfer-encoding', 'trailer', 'te', 'expect', 'upgrade'];
const singleHeaders = ['host', 'x-request-id', 'proxy-authorization', 'x-upstream-https-proxy'];

/** `fresh` is where the bytes begin that an earlier call with the same beginning has not seen. */
export function readConnectHead(bytes: Buffer, bytesMax: number, fresh = 0): HeadReading {
  const end = bytes.indexOf('\r\n\r\n', Math.max(0, fresh - 3));
  const scanned = end === -1 ? bytes.subarray(Math.max(0, fresh - 1)) : bytes.subarray(0, end + 4);
  if (hasStrayBytes(scanned)) return malformed;
  if ((end === -1 ? bytes.length : end + 4) > bytesMax)
    return { state: 'refused', why: 'too-large' };
  if (end === -1) return { state: 'more' };
  const [requestLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const target = readRequestLine(requestLine);
  if (target === 'method') return { state: 'refused', why: 'method' };
  const headers = target === null ? null : readHeaderLines(lines, bodyHeaders, singleHeaders);
  if (target === null || headers === null || !hostAgrees(headers, target)) return malformed;
  const requestId = headers.get('x-request-id') ?? null;
  return {
    state: 'head',
    head: {
      host: target.host,
      port: target.port,
      requestId: requestId !== null && /^[\w.-]{1,64}$/.test(requestId) ? requestId : null,
      proxyAuthorization: headers.get('proxy-authorization') ?? null,
      clientProxy: headers.get('x-upstream-https-proxy') ?? null,
      bytes: end + 4,
    },
  };
}

// Only printable ASCII, tabs, and CR LF as a pair. A lone CR or LF is a line end to some readers
// only. A pair may be cut in two at either end of the bytes.
export function hasStrayBytes(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if ((byte >= 0x20 && byte <= 0x7e) || byte === tab) continue;
    if (byte === lineFeed && at === 0) continue;
    if (byte !== carriageReturn) return true;
    if (at + 1 < bytes.length && bytes[at + 1] !== lineFeed) return true;
    at += 1;
  }
  return false;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly authority: string;
}

function readRequestLine(line: string): Target | 'method' | null {
  const match = /^([!#$%&'*+.^_`|~A-Za-z0-9-]+) ([^ \t]+) HTTP\/1\.1$/.exec(line);
  if (match?.[2] === undefined) return null;
  if (match[1] !== 'CONNECT') return 'method';
  const parts = /^(?:\[([^[\]]+)\]|([^:[\]@/?#\\]+)):([1-9][0-9]{0,4})$/.exec(match[2]);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (host === undefined || port > 65_535) return null;
  // Brackets are for IPv6 and nothing else: `[127.0.0.1]` is how a proxy was once walked around.
  if (parts?.[1] !== undefined && !parts[1].includes(':')) return null;
  return { host, port, authority: match[2] };
}

/** Null when a line is no header, one that must be single is not, or one is refused by name. */
export function readHeaderLines(
  lines: readonly string[],
  refused: readonly string[],
  single: readonly string[],
): ReadonlyMap<string, string> | null {
  if (lines.length > headersMax) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~A-Za-z0-9-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    const name = match?.[1]?.toLowerCase();
    if (name === undefined || refused.includes(name)) return null;
    if (single.includes(name) && headers.has(name)) return null;
    headers.set(name, match?.[2] ?? '');
  }
  return headers;
}

function hostAgrees(headers: ReadonlyMap<string, string>, target: Target): boolean {
  const given = headers.get('host')?.toLowerCase();
  if (given === undefined) return true;
  const authority = target.authority.toLowerCase();
  return given === authority || given === authority.slice(0, authority.lastIndexOf(':'));
}
