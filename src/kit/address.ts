// Where something listens or is dialled: `unix:/path`, `tcp:127.0.0.1:8443`, `tcp:[::1]:80`,
// `fd:3`.

import { isIP } from 'node:net';
import * as z from 'zod';

export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'fd'; readonly fd: number };

/** Returns null when the text is not an address; a TCP host must be an IP literal, never a name. */
export function parseAddress(text: string): Address | null {
  const colon = text.indexOf(':');
  const kind = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  if (kind === 'unix') return rest.startsWith('/') ? { kind, path: rest } : null;
  if (kind === 'fd') return /^[0-9]{1,4}$/.test(rest) ? { kind, fd: Number(rest) } : null;
  if (kind !== 'tcp') return null;
  const match = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(rest);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || isIP(host) === 0 || port > 65_535) return null;
  if ((match?.[1] === undefined) === (isIP(host) === 6)) return null;
  return { kind, host, port };
}

/** An address as text in a settings file; validated, kept as text so that settings stay JSON. */
export const addressText = z.string().refine((text) => parseAddress(text) !== null, {
  error: 'must be an address: unix:/path, tcp:127.0.0.1:8443, tcp:[::1]:8443 or fd:3',
});

/** A listener and the caller that its socket was made for: identity is the socket it arrived on. */
export const listenerSchema = z.strictObject({ address: addressText, caller: z.string().min(1) });
export type Listener = z.infer<typeof listenerSchema>;
