// Cloudflare's own addresses: what the ingress and the firewall let in. The list comes from
// outside, so one that would open the door to anybody is not believed.

import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { ClincherError } from '../kit/error.ts';
import type { CloudflareApi } from './api.ts';

export interface Ranges {
  /** CIDR notation, IPv4 before IPv6. */
  readonly cidrs: readonly string[];
  /** The API's word for this state of the list. */
  readonly etag: string;
}

const cidrsMax = 256;
/** The widest that Cloudflare has had is /12 and /29; a list with wider ones is not theirs. */
const widest = { ipv4: 10, ipv6: 24 } as const;

export const rangesSchema = z.strictObject({
  cidrs: z.array(z.string().refine(isNarrow)).min(1).max(cidrsMax),
  etag: z.string().max(200),
});

const answer = z.object({
  ipv4_cidrs: z.array(z.string()),
  ipv6_cidrs: z.array(z.string()),
  etag: z.string().default(''),
});

/** @throws ClincherError `cloudflare-refused` for a list that cannot be theirs */
export async function readRanges(api: CloudflareApi): Promise<Ranges> {
  const found = answer.safeParse(await api.read('/ips'));
  const { ipv4_cidrs: four = [], ipv6_cidrs: six = [], etag = '' } = found.data ?? {};
  const parsed = rangesSchema.safeParse({ cidrs: [...four, ...six], etag });
  if (found.success && four.length > 0 && parsed.success) return parsed.data;
  throw new ClincherError(
    'cloudflare-refused',
    "Cloudflare's list of its addresses is not one that can be believed; the one in use stays",
    { fix: 'Compare cloudflare.com/ips, and run the command again later.' },
  );
}

function isNarrow(cidr: string): boolean {
  if (!ipaddr.isValidCIDR(cidr)) return false;
  const [address, bits] = ipaddr.parseCIDR(cidr);
  return bits >= widest[address.kind()];
}
