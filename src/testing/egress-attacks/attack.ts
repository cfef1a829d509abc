// One attack on the egress proxy as data: the bytes that go over its socket and how it must answer.
// The classes are those that docs/egress.md lists.

import type { Reason } from '../../policy/reasons.ts';

export interface Attack {
  /** What it tries, as the end of a sentence. */
  readonly tries: string;
  readonly bytes: string;
  readonly status: number;
  readonly reason: Reason;
}

/** The host and the wildcard that the caller under attack may reach, on port 443. */
export const allowedHost = 'api.example.com';
export const allowedWildcard = '*.wild.example.com';
/** What another caller may reach, and this one may not. */
export const othersHost = 'chat.example.com';

/** A request head: its lines with CR LF, and the empty line. */
export function head(line: string, ...headers: string[]): string {
  return [line, ...headers, '', ''].join('\r\n');
}

export function connectTo(authority: string, ...headers: string[]): string {
  return head(`CONNECT ${authority} HTTP/1.1`, ...headers);
}

export function malformed(rows: readonly (readonly [string, string])[]): readonly Attack[] {
  return rows.map(([tries, bytes]) => ({
    ...{ tries, bytes },
    ...{ status: 400, reason: 'request-malformed' },
  }));
}

/** Attacks are written byte by byte: each character below 256 is one. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
