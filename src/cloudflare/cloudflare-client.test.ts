// The official client against the same fake: it reads what we made, and makes what we then read, so
// the fake's shapes are not only the ones that our own client believes in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Cloudflare from 'cloudflare';
import { makeCertificateRequest } from '../cli/certificate.ts';
import { type CloudflareFake, startCloudflare } from '../testing/cloudflare-api.ts';
import { apply, connect, host, plan, throughTunnel, wanted } from '../testing/cloudflare-zone.ts';
import { observe } from './observe.ts';
import { readRanges } from './ranges.ts';

function official(fake: CloudflareFake): Cloudflare {
  return new Cloudflare({ apiToken: fake.token, baseURL: fake.root, maxRetries: 0 });
}

test('the official client reads what was made', async () => {
  await using fake = await startCloudflare({ free: false });
  await apply(fake);
  const client = official(fake);
  assert.equal((await client.user.tokens.verify()).status, 'active');
  const zones = (await client.zones.list({ name: 'example.com' })).result;
  const zone_id = zones[0]?.id ?? '';
  const { result: records } = await client.dns.records.list({ zone_id, name: { exact: host } });
  assert.deepEqual(
    records.map((record) => [record.type, record.content, record.proxied, record.comment]).sort(),
    [
      ['A', '198.51.100.7', true, 'clincher'],
      ['AAAA', '2001:db8::7', true, 'clincher'],
    ],
  );
  const ssl = await client.zones.settings.get('ssl', { zone_id });
  assert.equal('value' in ssl ? ssl.value : null, 'strict');
  const phase = 'http_request_firewall_custom';
  const rules = await client.rulesets.phases.get(phase, { zone_id });
  assert.deepEqual(
    rules.rules?.map((rule) => [rule.ref, rule.action]),
    [['clincher_methods', 'block']],
  );
  const pull = await client.originTLSClientAuth.hostnames.get(host, { zone_id });
  assert.equal(pull.enabled, true);
  assert.equal(pull.certificate, wanted.originPull?.certPem);
});

test('what the official client made is read, and what it changed is put right', async () => {
  await using fake = await startCloudflare({ free: false });
  await apply(fake);
  const client = official(fake);
  const { zone, rulesets } = await observe(connect(fake), wanted);
  const zone_id = zone.id;
  await client.zones.settings.edit('ssl', { zone_id, value: 'flexible' });
  const list = rulesets.http_request_firewall_custom;
  await client.rulesets.rules.create(list?.id ?? '', {
    zone_id,
    action: 'block',
    expression: 'ip.src eq 203.0.113.9',
    ref: 'theirs',
  });
  await client.rulesets.rules.edit(list?.rules[0]?.id ?? '', {
    zone_id,
    ruleset_id: list?.id ?? '',
    action: 'log',
    ref: 'clincher_methods',
    expression: 'true',
  });
  const changes = await apply(fake);
  assert.deepEqual(
    changes.map(({ what, from }) => [what, from]),
    [
      ['setting ssl', 'flexible'],
      ['WAF rule clincher_methods', 'log if true'],
    ],
  );
  assert.deepEqual(await plan(fake), []);
  const refs = fake.state.zone.rulesets.get('http_request_firewall_custom')?.rules;
  assert.deepEqual(
    refs?.map(({ ref }) => ref),
    ['clincher_methods', 'theirs'],
  );
});

test('the official client finds the tunnel, which is configured here', async () => {
  await using fake = await startCloudflare();
  await apply(fake, throughTunnel);
  const { account } = await observe(connect(fake), throughTunnel);
  const { cloudflared } = official(fake).zeroTrust.tunnels;
  const { result: tunnels } = await cloudflared.list({ account_id: account });
  assert.deepEqual(
    tunnels.map((tunnel) => [tunnel.name, tunnel.config_src]),
    [['clincher-agent', 'local']],
  );
});

test('both clients read the same addresses', async () => {
  await using fake = await startCloudflare();
  const theirs = await official(fake).ips.list();
  const ours = await readRanges(connect(fake));
  assert.ok('ipv4_cidrs' in theirs);
  const lists = [...(theirs.ipv4_cidrs ?? []), ...(theirs.ipv6_cidrs ?? [])];
  assert.deepEqual(ours, { cidrs: lists, etag: theirs.etag });
});

for (const [name, ipv4, ipv6] of [
  ['everybody', ['0.0.0.0/0'], []],
  ['half of everybody', ['192.0.2.0/24', '0.0.0.0/1'], []],
  ['everybody in IPv6', ['192.0.2.0/24'], ['::/0']],
  ['nobody', [], []],
  ['a name', ['example.com'], []],
  ['no prefix', ['192.0.2.1'], []],
  ['more than is likely', Array.from({ length: 300 }, (_, one) => `192.0.${one % 250}.0/24`), []],
] as const) {
  test(`a list of addresses that holds ${name} is not believed`, async () => {
    await using fake = await startCloudflare();
    fake.state.zone.ranges = { ipv4_cidrs: [...ipv4], ipv6_cidrs: [...ipv6], etag: 'two' };
    await assert.rejects(readRanges(connect(fake)), { code: 'cloudflare-refused' });
  });
}

test('the official client orders and lists certificates in the shapes that we read', async () => {
  await using fake = await startCloudflare();
  const client = official(fake);
  const { csrPem } = await makeCertificateRequest(host);
  const made = await client.originCACertificates.create({
    csr: csrPem,
    hostnames: [host],
    request_type: 'origin-ecc',
    requested_validity: 5475,
  });
  assert.match(made.certificate ?? '', /BEGIN CERTIFICATE/);
  const zone_id = fake.state.zone.id;
  const { result } = await client.originCACertificates.list({ zone_id });
  assert.deepEqual(
    result.map(({ id, hostnames }) => [id, hostnames]),
    [[made.id, [host]]],
  );
  const foreign = { csr: csrPem, hostnames: ['agent.example.org'], request_type: 'origin-ecc' };
  await assert.rejects(client.originCACertificates.create(foreign as typeof made), { status: 400 });
});
