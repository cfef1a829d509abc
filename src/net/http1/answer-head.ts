// The head of an answer, and how its body ends. The server is more trusted than the client, but
// what cannot be read in one way is not passed on either.

import type { RawHeaders } from '../http-headers.ts';
import { endOfHead, type Framing, framingOf, hasToken, readHeaderLines } from './header-lines.ts';

export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: RawHeaders;
  /** `close`: the body ends with the connection, or it is a stream. */
  readonly framing: Framing | { readonly kind: 'close' };
  /** Whether the connection can carry another request afterwards. */
  readonly keepsOpen: boolean;
  readonly bytes: number;
}

export type AnswerHeadReading =
  | { readonly state: 'more' }
  | { readonly state: 'broken' }
  | { readonly state: 'head'; readonly head: AnswerHead };

const statusLine = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** `toHead`: the answer of a HEAD has the headers of a body and none. */
export function readAnswerHead(got: Buffer, bytesMax: number, toHead: boolean): AnswerHeadReading {
  const end = endOfHead(got, 0);
  if (end === 'bare') return { state: 'broken' };
  if (end === 'more') return { state: got.length > bytesMax ? 'broken' : 'more' };
  const [first = '', ...lines] = got.toString('latin1', 0, end - 4).split('\r\n');
  const match = statusLine.exec(first);
  const headers = readHeaderLines(lines);
  const framed = headers === null ? null : framingOf(headers);
  if (match === null || headers === null || framed === null) return { state: 'broken' };
  const status = Number(match[2]);
  const bodiless = toHead || status === 204 || status === 304;
  const framing = bodiless ? none : framed.kind === 'none' ? toClose : framed;
  const keepsOpen =
    match[1] === '1' && framing !== toClose && !hasToken(headers, 'connection', 'close');
  const head = { status, statusText: match[3] ?? '', headers, framing, keepsOpen, bytes: end };
  return { state: 'head', head };
}

const none: Framing = { kind: 'none' };
const toClose = { kind: 'close' } as const;
