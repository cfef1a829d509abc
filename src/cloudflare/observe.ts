// Reads what Cloudflare has for one host. What the token may not read is an error here, before
// anything is changed.

import * as z from 'zod';
import { ClincherError } from '../kit/error.ts';
import type { CloudflareApi } from './api.ts';
import {
  mark,
  type Observed,
  type Phase,
  phases,
  type Ruleset,
  recordTypes,
  type SettingName,
  settingNames,
  type Wanted,
} from './model.ts';

/** @throws ClincherError `cloudflare-unreachable`, `cloudflare-refused` */
export async function observe(api: CloudflareApi, wanted: Wanted): Promise<Observed> {
  await checkToken(api);
  const { id, name, account, plan } = await findZone(api, wanted);
  const zone = `/zones/${id}`;
  const [records, settings, rulesets, originPull, tunnel] = await Promise.all([
    readRecords(api, zone, wanted.host),
    readSettings(api, zone),
    readRulesets(api, zone),
    readOriginPull(api, zone, wanted.host),
    'tunnel' in wanted.way ? findTunnel(api, account.id, wanted.way.tunnel) : null,
  ]);
  const free = plan.legacy_id === 'free';
  return {
    zone: { id, name, free },
    account: account.id,
    records,
    settings,
    rulesets,
    originPull,
    tunnel,
  };
}

async function checkToken(api: CloudflareApi): Promise<void> {
  const verified = read(
    'the token',
    z.object({ status: z.string() }),
    await api.read('/user/tokens/verify'),
  );
  if (verified.status === 'active') return;
  throw new ClincherError('cloudflare-refused', `the token is ${verified.status}`, {
    fix: 'Make a new one in the dashboard, and set it: clincher secret set.',
  });
}

const zoneShape = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  name: z.string(),
  /** None for a zone whose DNS is elsewhere. */
  name_servers: z.array(z.string().max(253)).max(16).nullish(),
  account: z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) }),
  plan: z.object({ legacy_id: z.string().optional() }).default({}),
});

export async function findZone(
  api: CloudflareApi,
  { host, zone }: Pick<Wanted, 'host' | 'zone'>,
): Promise<z.infer<typeof zoneShape>> {
  const labels = host.split('.');
  const names = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
  for (const name of zone === null ? names : [zone]) {
    const found = await api.read(`/zones?name=${encodeURIComponent(name)}`);
    const one = read('the zones', z.array(zoneShape), found).find((each) => each.name === name);
    if (one !== undefined) return one;
  }
  throw new ClincherError('cloudflare-refused', `the token sees no zone for ${zone ?? host}`, {
    fix: 'Give the token the zone, with the permission Zone / Zone / Read, or name it in ingress.cloudflare.zone.',
  });
}

const recordShape = z.object({
  id: z.string(),
  type: z.string(),
  content: z.string().default(''),
  proxied: z.boolean().default(false),
  comment: z.string().nullish(),
});

async function readRecords(
  api: CloudflareApi,
  zone: string,
  host: string,
): Promise<Observed['records']> {
  const found = await api.read(`${zone}/dns_records?name=${encodeURIComponent(host)}&per_page=100`);
  return read('the DNS records', z.array(recordShape), found).flatMap(({ comment, ...record }) => {
    const type = recordTypes.find((one) => one === record.type);
    if (type === undefined) return [];
    return [{ ...record, type, ours: comment === mark }];
  });
}

async function readSettings(api: CloudflareApi, zone: string): Promise<Observed['settings']> {
  const shape = z.object({ value: z.string() });
  const values = await Promise.all(
    settingNames.map(async (name): Promise<[SettingName, string]> => {
      const found = await api.read(`${zone}/settings/${name}`);
      return [name, read(`the setting ${name}`, shape, found).value];
    }),
  );
  return Object.fromEntries(values) as Record<SettingName, string>;
}

const ruleShape = z.looseObject({ id: z.string(), ref: z.string().default('') });
const rulesetShape = z.object({ id: z.string(), rules: z.array(ruleShape).default([]) });

function rulesetOf(found: unknown): Ruleset {
  const { id, rules } = read('the rules', rulesetShape, found);
  return {
    id,
    rules: rules.map(({ id, version: _, last_updated: __, ...body }) => ({
      id,
      ref: body.ref,
      body,
    })),
  };
}

/** A phase that nobody has used has no entry point, which the API says as 404. */
async function readRulesets(api: CloudflareApi, zone: string): Promise<Observed['rulesets']> {
  const lists = await Promise.all(
    phases.map(async (phase): Promise<[Phase, Ruleset | null]> => {
      const found = await api.read(`${zone}/rulesets/phases/${phase}/entrypoint`);
      return [phase, found === null ? null : rulesetOf(found)];
    }),
  );
  return Object.fromEntries(lists) as Record<Phase, Ruleset | null>;
}

const pullShape = z.object({
  cert_id: z.string().nullish(),
  certificate: z.string().nullish(),
  enabled: z.boolean().nullish(),
});

async function readOriginPull(
  api: CloudflareApi,
  zone: string,
  host: string,
): Promise<Observed['originPull']> {
  const path = `${zone}/origin_tls_client_auth/hostnames/${encodeURIComponent(host)}`;
  const found = await api.read(path);
  if (found === null) return null;
  const { cert_id: certId, certificate, enabled } = read('origin pulls', pullShape, found);
  if (enabled !== true || certId == null) return null;
  return { certId, certPem: certificate ?? '' };
}

const tunnelShape = z.object({
  id: z.uuid(),
  name: z.string(),
  config_src: z.string().optional(),
});

async function findTunnel(
  api: CloudflareApi,
  account: string,
  name: string,
): Promise<Observed['tunnel']> {
  const path = `/accounts/${account}/cfd_tunnel?is_deleted=false&name=${encodeURIComponent(name)}`;
  const found = read('the tunnels', z.array(tunnelShape), await api.read(path));
  const one = found.find((tunnel) => tunnel.name === name);
  return one === undefined ? null : { id: one.id, local: one.config_src === 'local' };
}

export function read<T>(what: string, shape: z.ZodType<T>, result: unknown): T {
  const parsed = shape.safeParse(result);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new ClincherError(
    'cloudflare-refused',
    `Cloudflare's answer about ${what} is not of the shape that is known (${where})`,
    { fix: 'A newer clincher may know it.' },
  );
}
