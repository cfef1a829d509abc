// What the services behind the ingress are told about a client, and what a browser is told about an
// answer. Whatever a client claims about who it is or where it comes from is removed, then said
// anew from the socket.

import { BlockList, isIP } from 'node:net';
import { isClientClaim } from './client-claims.ts';

/**
 * Stands for a client on this very machine: OpenClaw refuses to attribute a proxied request to
 * loopback.
 */
export const sameMachineAddress = '192.0.2.1'; // TEST-NET-1 (RFC 5737): no real client has it

export interface Client {
  /** Of the socket. */
  readonly address: string;
  readonly requestId: string;
  /** Host and port of the origin people use. */
  readonly host: string;
}

/** Takes end-to-end headers as received; the answer holds each forwarding header exactly once. */
export function forwardedHeaders(endToEnd: readonly string[], client: Client): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < endToEnd.length; index += 2) {
    const name = endToEnd[index] ?? '';
    if (name.toLowerCase() === 'host' || isClientClaim(name)) continue;
    kept.push(name, endToEnd[index + 1] ?? '');
  }
  return [
    ...['Host', client.host],
    ...kept,
    ...['X-Forwarded-For', attributable(client.address)],
    ...['X-Forwarded-Proto', 'https'],
    ...['X-Forwarded-Host', client.host],
    ...['X-Request-Id', client.requestId],
  ];
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** `::ffff:203.0.113.7` as 203.0.113.7; loopback, and what is no address, as the same machine. */
function attributable(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1] ?? address;
  return isElsewhere(mapped) ? mapped : sameMachineAddress;
}

function isElsewhere(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Whether what is in front has said, once and plainly, which client a request is from: `said` is
 * every X-Forwarded-For of it. To OpenClaw who comes from loopback without a word of another is at
 * this very machine, and its devices are let in without asking (docs/gateway/pairing.md in its
 * package).
 */
export function namesClient(said: readonly string[]): boolean {
  const [address = ''] = said;
  return said.length === 1 && isElsewhere(address);
}

export interface PageRules {
  readonly origin: string;
  /** Whose scripts a page may take too, where its service itself says which it takes. */
  readonly scriptHosts: readonly string[];
}

/**
 * The answer's headers to the browser: the service's own, without those that would move the browser
 * elsewhere, and with a floor of protections wherever the service set none.
 */
export function answerHeaders(
  endToEnd: readonly string[],
  requestId: string,
  page: PageRules,
): string[] {
  const { origin } = page;
  const kept: string[] = [];
  const present = new Set<string>();
  let framed = false;
  let judged = false;
  for (let index = 0; index + 1 < endToEnd.length; index += 2) {
    const name = (endToEnd[index] ?? '').toLowerCase();
    const value = endToEnd[index + 1] ?? '';
    // Alt-Svc and HSTS speak for the whole origin: the ingress's to say, not a service's.
    if (name === 'alt-svc' || name === 'strict-transport-security' || name === 'x-request-id')
      continue;
    present.add(name);
    if (name === 'content-security-policy') {
      framed ||= /frame-ancestors/i.test(value);
      judged ||= /(script|default)-src/i.test(value);
    }
    kept.push(endToEnd[index] ?? '', value);
  }
  kept.push('X-Request-Id', requestId, 'Content-Security-Policy', stayHere(page, judged));
  if (!present.has('x-dns-prefetch-control')) kept.push('X-DNS-Prefetch-Control', 'off');
  if (!present.has('x-content-type-options')) kept.push('X-Content-Type-Options', 'nosniff');
  if (!present.has('referrer-policy')) kept.push('Referrer-Policy', 'no-referrer');
  if (!present.has('x-frame-options') && !framed) kept.push('X-Frame-Options', 'SAMEORIGIN');
  if (hasPublicName(origin)) kept.push('Strict-Transport-Security', 'max-age=31536000');
  return kept;
}

/**
 * A second policy beside the service's own; a browser obeys both (CSP3, 8.1). The agent writes what
 * the page shows: an image of another host in its answer would carry words out through the reader's
 * own browser. What is written into a page runs only where the service has said which of it may.
 */
export function stayHere({ origin, scriptHosts }: PageRules, judged: boolean): string {
  const own = `'self' wss://${new URL(origin).host}`;
  const written = judged ? " 'unsafe-inline' 'wasm-unsafe-eval' blob:" : '';
  const others = judged ? scriptHosts.map((host) => ` https://${host}`).join('') : '';
  return [
    `script-src 'self'${written}${others}`,
    "base-uri 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "style-src 'self' 'unsafe-inline'",
    `connect-src ${own} data: blob:`,
    "frame-src 'self' data: blob:",
    "form-action 'self'",
    "object-src 'none'",
  ].join('; ');
}

/**
 * HSTS on localhost would break every other local server of that browser; on an address it means
 * nothing.
 */
export function hasPublicName(origin: string): boolean {
  const { hostname } = new URL(origin);
  return (
    hostname !== 'localhost' &&
    !hostname.endsWith('.localhost') &&
    isIP(hostname.replace(/^\[|\]$/g, '')) === 0
  );
}
