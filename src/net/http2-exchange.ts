// A request of HTTP/2 as the one of HTTP/1.1 that carries it on, and its answer, so that whoever
// judges and forwards knows one kind. What HTTP/2 says in another place is put where HTTP/1.1 has
// it.

import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { ReadableOptions } from 'node:stream';
import { filterHeaders, headerPairs, headerValues } from './http-headers.ts';

export class Http2Request extends Http2ServerRequest {
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    options: ReadableOptions,
    rawHeaders: readonly string[],
  ) {
    const raw = asHttp1(rawHeaders, stream.endAfterHeaders);
    const lines = Object.fromEntries(headerPairs(raw));
    const method = isWebSocket(rawHeaders) ? 'GET' : headers[':method'];
    const path = headers[':path'] ?? '';
    super(stream, { ...headers, ...lines, ':method': method, ':path': path }, options, raw);
  }
}

/** RFC 8441: an extended CONNECT for this protocol stands for the upgrade of HTTP/1.1. */
function isWebSocket(rawHeaders: readonly string[]): boolean {
  return headerValues(rawHeaders, ':protocol')[0] === 'websocket';
}

/**
 * Without pseudo-headers. A body of unknown length is named as such, for the next hop reads the end
 * of a body from its head.
 */
function asHttp1(rawHeaders: readonly string[], endsWithHead: boolean): string[] {
  const kept = filterHeaders(rawHeaders, (name) => !name.startsWith(':') && name !== 'cookie');
  const authority = headerValues(rawHeaders, ':authority')[0];
  const hosts = headerValues(kept, 'host');
  const cookies = headerValues(rawHeaders, 'cookie');
  if (authority !== undefined && !(hosts.length === 1 && hosts[0] === authority)) {
    // A host beside it that says otherwise stays, and two of them are refused.
    kept.unshift('host', authority);
  }
  // RFC 9113, 8.2.3: pieces of one header, which HTTP/1.1 has in one line.
  if (cookies.length > 0) kept.push('cookie', cookies.join('; '));
  const protocol = headerValues(rawHeaders, ':protocol')[0];
  if (protocol !== undefined) kept.push('upgrade', protocol);
  else if (!endsWithHead && headerValues(kept, 'content-length').length === 0) {
    kept.push('transfer-encoding', 'chunked');
  }
  return kept;
}

type Heads = readonly string[] | Readonly<Record<string, number | string | readonly string[]>>;

export class Http2Response extends Http2ServerResponse<Http2ServerRequest> {
  constructor(stream: ServerHttp2Stream) {
    super(stream);
    // Node's own is true as well of a stream that the client gave up.
    const get = () => this.writableEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR;
    Object.defineProperty(this, 'writableFinished', { get });
  }

  /** Without the phrase, which HTTP/2 has none of, and what is said of a connection. */
  override writeHead(status: number, ...told: readonly unknown[]): this {
    const headers = told.findLast((each) => typeof each === 'object') as Heads | undefined;
    const list = Array.isArray(headers) ? headers : Object.entries(headers ?? {}).flat();
    const kept = filterHeaders(list.map(String), (name) => !ofConnection.has(name));
    for (let index = 0; index + 1 < kept.length; index += 2) {
      this.appendHeader(kept[index] ?? '', kept[index + 1] ?? '');
    }
    return super.writeHead(status);
  }

  /** A stream that ends without a word would be taken for a whole answer. */
  override destroy(): this {
    this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return this;
  }
}

const ofConnection = new Set(['connection', 'keep-alive', 'upgrade', 'transfer-encoding']);
