// The calls that the fake of Cloudflare's API answers, with the refusals that matter to who changes
// a zone: duplicates, records that exclude one another, rules of the wrong plan, what is in use.

import { randomUUID } from 'node:crypto';
import { listOrigins, signOrigin } from './cloudflare-origins.ts';
import {
  type Answer,
  ApiRefusal,
  type AskedCall,
  type FakeRecord,
  type FakeRule,
  type FakeState,
  newId,
} from './cloudflare-state.ts';

type Body = Record<string, unknown>;
type Route = (state: FakeState, at: readonly string[], call: AskedCall) => Answer | Promise<Answer>;

/** @throws ApiRefusal */
export async function cloudflareRoutes(state: FakeState, call: AskedCall): Promise<Answer> {
  for (const [method, pattern, route] of routes) {
    const found = method === call.method ? pattern.exec(call.path) : null;
    if (found === null) continue;
    const [, ...at] = found;
    return route(state, at.map(decodeURIComponent), call);
  }
  throw new ApiRefusal(404, 7003, `Could not route to ${call.path}`);
}

const zone = '/zones/[0-9a-f]{32}';
const routes: readonly (readonly [method: string, path: RegExp, route: Route])[] = [
  ['GET', /^\/user\/tokens\/verify$/, verify],
  ['GET', /^\/ips$/, ({ zone: { ranges } }) => ({ result: ranges })],
  ['GET', /^\/zones$/, listZones],
  ['GET', on('/dns_records'), listRecords],
  ['POST', on('/dns_records'), addRecord],
  ['PUT', on('/dns_records/(\\w+)'), putRecord],
  ['DELETE', on('/dns_records/(\\w+)'), deleteRecord],
  ['GET', on('/settings/(\\w+)'), getSetting],
  ['PATCH', on('/settings/(\\w+)'), patchSetting],
  ['GET', on('/rulesets/phases/(\\w+)/entrypoint'), getEntry],
  ['PUT', on('/rulesets/phases/(\\w+)/entrypoint'), putEntry],
  ['DELETE', on('/rulesets/(\\w+)'), deleteRuleset],
  ['POST', on('/rulesets/(\\w+)/rules'), addRule],
  ['PATCH', on('/rulesets/(\\w+)/rules/(\\w+)'), patchRule],
  ['DELETE', on('/rulesets/(\\w+)/rules/(\\w+)'), deleteRule],
  ['POST', on('/origin_tls_client_auth/hostnames/certificates'), addCertificate],
  ['DELETE', on('/origin_tls_client_auth/hostnames/certificates/([^/]+)'), deleteCertificate],
  ['PUT', on('/origin_tls_client_auth/hostnames'), putPulls],
  ['GET', on('/origin_tls_client_auth/hostnames/([^/]+)'), getPull],
  ['GET', /^\/certificates$/, listOrigins],
  ['POST', /^\/certificates$/, signOrigin],
  ['GET', /^\/accounts\/[0-9a-f]{32}\/cfd_tunnel$/, listTunnels],
  ['POST', /^\/accounts\/[0-9a-f]{32}\/cfd_tunnel$/, addTunnel],
  ['DELETE', /^\/accounts\/[0-9a-f]{32}\/cfd_tunnel\/([^/]+)$/, deleteTunnel],
];

function on(path: string): RegExp {
  return new RegExp(`^${zone}${path}$`);
}

function page(items: readonly unknown[]): Answer {
  const count = items.length;
  return { result: items, info: { page: 1, per_page: 100, count, total_count: count } };
}

function verify({ tokenStatus }: FakeState): Answer {
  return { result: { id: newId(), status: tokenStatus } };
}

function listZones(
  { zone: { id, name, account, free } }: FakeState,
  _: unknown,
  { query }: AskedCall,
) {
  const plan = { legacy_id: free ? 'free' : 'pro' };
  const servers = { name_servers: ['ns1.cloudflare.test', 'ns2.cloudflare.test'] };
  const one = { ...servers, id, name, account: { id: account, name: 'a' }, plan, status: 'active' };
  return page(query.get('name') === name ? [one] : []);
}

function listRecords({ zone: { records } }: FakeState, _: unknown, { query }: AskedCall): Answer {
  const name = query.get('name') ?? query.get('name.exact');
  return page(records.filter((record) => name === null || record.name === name));
}

function addRecord(state: FakeState, _: unknown, { body }: AskedCall): Answer {
  const record = recordFrom(newId(), body);
  judgeRecord(state, record);
  state.zone.records.push(record);
  return { result: record };
}

function putRecord(state: FakeState, [id = '']: readonly string[], { body }: AskedCall): Answer {
  const { records } = state.zone;
  const index = records.findIndex((record) => record.id === id);
  if (index === -1) throw new ApiRefusal(404, 81_044, 'Record does not exist.');
  const record = recordFrom(id, body);
  judgeRecord(state, record);
  records[index] = record;
  return { result: record };
}

function deleteRecord({ zone: owner }: FakeState, [id]: readonly string[]): Answer {
  if (!owner.records.some((record) => record.id === id)) {
    throw new ApiRefusal(404, 81_044, 'Record does not exist.');
  }
  owner.records = owner.records.filter((record) => record.id !== id);
  return { result: { id } };
}

function recordFrom(id: string, body: unknown): FakeRecord {
  const { type, name, content, proxied, ttl, comment } = body as Body;
  return {
    id,
    type: String(type),
    name: String(name),
    content: String(content),
    proxied: proxied === true,
    ttl: Number(ttl ?? 1),
    comment: typeof comment === 'string' ? comment : null,
  };
}

function judgeRecord({ zone: { records } }: FakeState, record: FakeRecord): void {
  const others = records.filter(({ id, name }) => id !== record.id && name === record.name);
  if (others.some((one) => one.type === record.type && one.content === record.content)) {
    throw new ApiRefusal(400, 81_058, 'An identical record already exists.');
  }
  const excludes = (type: string) => type === 'CNAME' || record.type === 'CNAME';
  if (others.some((one) => excludes(one.type) && ['A', 'AAAA', 'CNAME'].includes(one.type))) {
    const message = 'An A, AAAA, or CNAME record with that host already exists.';
    throw new ApiRefusal(400, 81_053, message);
  }
}

function getSetting({ zone: { settings } }: FakeState, [name = '']: readonly string[]): Answer {
  return { result: { id: name, value: settings[name], editable: true } };
}

function patchSetting(
  { zone: { settings } }: FakeState,
  [name = '']: readonly string[],
  call: AskedCall,
) {
  const { value } = call.body as Body;
  if (typeof value !== 'string') throw new ApiRefusal(400, 1007, `Invalid value for ${name}`);
  settings[name] = value;
  return { result: { id: name, value, editable: true } };
}

function getEntry({ zone: { rulesets } }: FakeState, [phase = '']: readonly string[]): Answer {
  const found = rulesets.get(phase);
  if (found === undefined) {
    throw new ApiRefusal(404, 10_003, 'could not find entrypoint ruleset in the phase');
  }
  return { result: found };
}

function putEntry(state: FakeState, [phase = '']: readonly string[], { body }: AskedCall): Answer {
  const list = { id: state.zone.rulesets.get(phase)?.id ?? newId(), rules: [] as FakeRule[] };
  for (const rule of (body as { rules: Body[] }).rules) {
    list.rules.push(ruleFrom(state, phase, list.rules, newId(), rule));
  }
  state.zone.rulesets.set(phase, list);
  return { result: list };
}

function deleteRuleset({ zone: { rulesets } }: FakeState, [id]: readonly string[]): Answer {
  const [phase] = [...rulesets].find(([, list]) => list.id === id) ?? [];
  if (phase === undefined) throw new ApiRefusal(404, 10_003, 'could not find ruleset');
  rulesets.delete(phase);
  return { result: null };
}

function addRule(state: FakeState, [id = '']: readonly string[], { body }: AskedCall): Answer {
  const [phase, list] = listOf(state, id);
  list.rules.push(ruleFrom(state, phase, list.rules, newId(), body as Body));
  return { result: list };
}

function patchRule(state: FakeState, [id = '', rule = '']: readonly string[], { body }: AskedCall) {
  const [phase, list] = listOf(state, id);
  const index = list.rules.findIndex((one) => one.id === rule);
  if (index === -1) throw new ApiRefusal(404, 10_003, 'could not find rule');
  const others = list.rules.filter((_, at) => at !== index);
  list.rules[index] = ruleFrom(state, phase, others, rule, body as Body);
  return { result: list };
}

function deleteRule(state: FakeState, [id = '', rule = '']: readonly string[]): Answer {
  const [, list] = listOf(state, id);
  if (!list.rules.some((one) => one.id === rule)) {
    throw new ApiRefusal(404, 10_003, 'could not find rule');
  }
  list.rules = list.rules.filter((one) => one.id !== rule);
  return { result: list };
}

function listOf({ zone: { rulesets } }: FakeState, id: string) {
  const found = [...rulesets].find(([, list]) => list.id === id);
  if (found === undefined) throw new ApiRefusal(404, 10_003, 'could not find ruleset');
  return found;
}

function ruleFrom(
  state: FakeState,
  phase: string,
  others: readonly FakeRule[],
  id: string,
  body: Body,
): FakeRule {
  const expression = String(body.expression ?? '');
  if (/['`;]/.test(expression) || expression === '') {
    throw new ApiRefusal(400, 20_127, `could not parse the expression ${expression}`);
  }
  const ref = String(body.ref ?? id);
  if (others.some((rule) => rule.ref === ref)) throw new ApiRefusal(400, 20_014, 'duplicate ref');
  const most = phase === 'http_ratelimit' ? 1 : 5;
  if (state.zone.free && others.length >= most) {
    throw new ApiRefusal(400, 20_217, `exceeded maximum number of rules in the phase ${phase}`);
  }
  if (state.zone.free && phase === 'http_ratelimit' && expression.includes('http.host')) {
    throw new ApiRefusal(400, 20_120, 'not entitled: http.host is not available for your plan');
  }
  return { ...body, id, ref, version: '1', last_updated: '2026-01-01T00:00:00Z' };
}

function addCertificate(
  { zone: { certificates } }: FakeState,
  _: unknown,
  { body }: AskedCall,
): Answer {
  const { certificate, private_key: key } = body as Body;
  if (!String(key).includes('PRIVATE KEY')) throw new ApiRefusal(400, 1414, 'Missing private key.');
  const made = { id: randomUUID(), certificate: String(certificate), status: 'initializing' };
  certificates.push(made);
  return { result: made };
}

function deleteCertificate({ zone: owner }: FakeState, [id]: readonly string[]): Answer {
  if ([...owner.pulls.values()].some((pull) => pull.cert_id === id)) {
    throw new ApiRefusal(400, 1434, 'Certificate is in use by a hostname.');
  }
  owner.certificates = owner.certificates.filter((one) => one.id !== id);
  return { result: { id } };
}

function putPulls({ zone: owner }: FakeState, _: unknown, { body }: AskedCall): Answer {
  const { config } = body as { config: { hostname: string; cert_id: string; enabled: boolean }[] };
  for (const { hostname, cert_id, enabled } of config) {
    if (enabled === null) owner.pulls.delete(hostname);
    else if (owner.certificates.some((one) => one.id === cert_id)) {
      owner.pulls.set(hostname, { cert_id, enabled });
    } else throw new ApiRefusal(400, 1411, 'Certificate not found.');
  }
  return { result: config };
}

function getPull({ zone: owner }: FakeState, [host = '']: readonly string[]): Answer {
  const pull = owner.pulls.get(host);
  if (pull === undefined) throw new ApiRefusal(404, 1430, 'Hostname not found.');
  const { certificate } = owner.certificates.find((one) => one.id === pull.cert_id) ?? {};
  return { result: { ...pull, hostname: host, certificate } };
}

function listTunnels({ zone: { tunnels } }: FakeState, _: unknown, { query }: AskedCall): Answer {
  const name = query.get('name');
  const shown = tunnels.filter((tunnel) => name === null || tunnel.name === name);
  return page(shown.map(({ secret: __, ...tunnel }) => tunnel));
}

function addTunnel({ zone: { tunnels } }: FakeState, _: unknown, { body }: AskedCall): Answer {
  const { name, config_src, tunnel_secret: secret } = body as Record<string, string>;
  if (tunnels.some((tunnel) => tunnel.name === name)) {
    throw new ApiRefusal(409, 1013, 'You already have a tunnel with this name.');
  }
  if (Buffer.from(secret ?? '', 'base64').length < 32) {
    throw new ApiRefusal(400, 1002, 'The tunnel secret must be at least 32 bytes.');
  }
  const made = { id: randomUUID(), name: name ?? '', config_src: config_src ?? '' };
  tunnels.push({ ...made, secret: secret ?? '' });
  return { result: made };
}

function deleteTunnel({ zone: owner }: FakeState, [id]: readonly string[]): Answer {
  owner.tunnels = owner.tunnels.filter((tunnel) => tunnel.id !== id);
  return { result: { id } };
}
