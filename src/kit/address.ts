// Where something listens or is dialled: `unix:/path`, `tcp:127.0.0.1:8443`, `tcp:[::1]:80`,
// `fd:3`. Where nobody knows the address before it runs, by the network of an edge: one's own
// address in it, `tcp:10.192.0.64/26:4000`, or that of a name, `tcp:llm@10.192.0.64/26:4000`.

import { BlockList, isIP } from 'node:net';
import * as z from 'zod';

export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'fd'; readonly fd: number }
  | NetworkAddress;

export interface NetworkAddress {
  readonly kind: 'network';
  /** `10.192.0.64/26` */
  readonly network: string;
  /** Null: whoever reads this. */
  readonly name: string | null;
  readonly port: number;
}

/** Returns null when the text is not an address; a TCP host must be an IP literal, never a name. */
export function parseAddress(text: string): Address | null {
  const colon = text.indexOf(':');
  const kind = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  if (kind === 'unix') return rest.startsWith('/') ? { kind, path: rest } : null;
  if (kind === 'fd') return /^[0-9]{1,4}$/.test(rest) ? { kind, fd: Number(rest) } : null;
  if (kind !== 'tcp') return null;
  if (rest.includes('/')) return parseNetworkAddress(rest);
  const match = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(rest);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || isIP(host) === 0 || port > 65_535) return null;
  if ((match?.[1] === undefined) === (isIP(host) === 6)) return null;
  return { kind, host, port };
}

function parseNetworkAddress(text: string): NetworkAddress | null {
  const match = /^(?:([a-z0-9][a-z0-9-]{0,62})@)?([0-9.]+)\/([0-9]{1,2}):([0-9]{1,5})$/.exec(text);
  const [, name = null, host = '', bits = '', port = ''] = match ?? [];
  if (isIP(host) !== 4 || Number(bits) > 32 || Number(port) > 65_535) return null;
  return { kind: 'network', network: `${host}/${bits}`, name, port: Number(port) };
}

/** `10.192.0.66` in `10.192.0.64/26`. */
export function isInNetwork(network: string, address: string): boolean {
  const [base = '', bits] = network.split('/');
  const block = new BlockList();
  block.addSubnet(base, Number(bits), 'ipv4');
  return block.check(address, 'ipv4');
}

/** An address as text in a settings file; validated, kept as text so that settings stay JSON. */
export const addressText = z.string().refine((text) => parseAddress(text) !== null, {
  error: 'must be an address: unix:/path, tcp:127.0.0.1:8443, tcp:[::1]:8443 or fd:3',
});

/** A listener and the caller that its socket was made for: identity is the socket it arrived on. */
export const listenerSchema = z.strictObject({ address: addressText, caller: z.string().min(1) });
export type Listener = z.infer<typeof listenerSchema>;
