// How requests to a proxy are written for the tables beside this: heads, and the hosts that stand
// for those of a stack.

import type { WireAttack } from '../model.ts';

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

export function malformed(rows: readonly (readonly [string, string])[]): readonly WireAttack[] {
  return rows.map(([tries, bytes]) => ({
    ...{ tries, bytes },
    ...{ status: 400, reason: 'request-malformed' },
  }));
}

/** Attacks are written byte by byte: each character below 256 is one. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
