// A name server as the settings name it: an address, with a port or without.

import { isIP } from 'node:net';

export interface ResolverAddress {
  readonly host: string;
  readonly port: number;
}

const dnsPort = 53;

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`; null for the rest. */
export function parseResolver(text: string): ResolverAddress | null {
  if (isIP(text) !== 0 && !text.includes('%')) return { host: text, port: dnsPort };
  const match = /^(?:\[([^\]%]+)\]|([^:[\]]+))(?::([1-9][0-9]{0,4}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = match?.[3] === undefined ? dnsPort : Number(match[3]);
  if (isIP(host) !== (match?.[1] === undefined ? 4 : 6) || port > 65_535) return null;
  return { host, port };
}
