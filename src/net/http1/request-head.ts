// The head of a request, read strictly: one spelling, one framing, one version.

import type { RawHeaders } from '../http-headers.ts';
import {
  endOfHead,
  type Framing,
  framingOf,
  hasToken,
  onlyValue,
  readHeaderLines,
} from './header-lines.ts';

export interface RequestHead {
  readonly method: string;
  /** As written: printable ASCII. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: RawHeaders;
  readonly framing: Framing;
  /** What the connection is asked to become, in lower case; null when nothing. */
  readonly upgrade: string | null;
  /** Whether the client wants its body asked for: RFC 9110, 10.1.1. */
  readonly expectsContinue: boolean;
  /** Whether it wants the connection to end with the answer. */
  readonly close: boolean;
  /** Of the head with its empty line. */
  readonly bytes: number;
}

/** Names what was found, for the record. */
export type HeadFault =
  | 'too-large'
  | 'bare-line-end'
  | 'request-line'
  | 'version'
  | 'header-line'
  | 'host'
  | 'framing'
  | 'upgrade'
  | 'expect';

export type HeadReading =
  | { readonly state: 'more' }
  | { readonly state: 'refused'; readonly fault: HeadFault }
  | { readonly state: 'head'; readonly head: RequestHead };

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21-\x7e]+) (HTTP\/[0-9]\.[0-9])$/;

/** `got` is everything since the last request; its first `seen` bytes were looked at before. */
export function readRequestHead(got: Buffer, bytesMax: number, seen = 0): HeadReading {
  const end = endOfHead(got, seen);
  if (end === 'bare') return refused('bare-line-end');
  if (end === 'more') return got.length > bytesMax ? refused('too-large') : { state: 'more' };
  if (end > bytesMax) return refused('too-large');
  const [first = '', ...lines] = got.toString('latin1', 0, end - 4).split('\r\n');
  const match = requestLine.exec(first);
  if (match?.[1] === undefined || match[2] === undefined) return refused('request-line');
  if (match[3] !== 'HTTP/1.1') return refused('version');
  const headers = readHeaderLines(lines);
  if (headers === null) return refused('header-line');
  // RFC 9112, 3.2: none or several hosts are an error, for every server alike.
  if (typeof onlyValue(headers, 'host') !== 'string') return refused('host');
  const framing = framingOf(headers);
  if (framing === null) return refused('framing');
  const upgrade = onlyValue(headers, 'upgrade');
  if (upgrade === null) return refused('upgrade');
  // Of the two headers one server looks at this, the next at that.
  if ((upgrade !== undefined) !== hasToken(headers, 'connection', 'upgrade')) {
    return refused('upgrade');
  }
  const expect = onlyValue(headers, 'expect');
  if (expect !== undefined && expect?.toLowerCase() !== '100-continue') return refused('expect');
  const head = {
    method: match[1],
    target: match[2],
    headers,
    framing,
    upgrade: upgrade?.toLowerCase() ?? null,
    expectsContinue: expect !== undefined,
    close: hasToken(headers, 'connection', 'close'),
    bytes: end,
  };
  return { state: 'head', head };
}

function refused(fault: HeadFault): HeadReading {
  return { state: 'refused', fault };
}
