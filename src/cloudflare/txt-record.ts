// A TXT record for as long as a CA looks at it (DNS-01). Only records of that name which carry our
// mark are taken away.

import * as z from 'zod';
import type { CloudflareApi } from './api.ts';
import { mark, type Wanted } from './model.ts';
import { findZone, read } from './observe.ts';

type Where = Pick<Wanted, 'host' | 'zone'>;

/**
 * In the place of what a run that was cut short has left. Resolves to the names of the zone's own
 * name servers. @throws ClincherError `cloudflare-...`
 */
export async function putTxt(
  api: CloudflareApi,
  where: Where,
  name: string,
  value: string,
): Promise<readonly string[]> {
  const { id, name_servers: servers } = await findZone(api, where);
  const records = await takeFrom(api, id, name);
  const body = { type: 'TXT', name, content: `"${value}"`, ttl: 60, comment: mark };
  await api.change({ method: 'POST', path: records, body });
  return servers ?? [];
}

const recordShape = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  comment: z.string().nullish(),
});

/** @throws ClincherError `cloudflare-...` */
export async function takeTxt(api: CloudflareApi, where: Where, name: string): Promise<void> {
  const { id } = await findZone(api, where);
  await takeFrom(api, id, name);
}

/** Resolves to the path of the records. */
async function takeFrom(api: CloudflareApi, zone: string, name: string): Promise<string> {
  const records = `/zones/${zone}/dns_records`;
  const found = await api.read(`${records}?type=TXT&name=${encodeURIComponent(name)}`);
  for (const { id, comment } of read('the DNS records', z.array(recordShape), found)) {
    if (comment === mark) await api.change({ method: 'DELETE', path: `${records}/${id}` });
  }
  return records;
}
