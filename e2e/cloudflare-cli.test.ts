// `clincher cloudflare` as a person runs it, against an API that keeps state: looked at, done,
// watched, and what it leaves for the stack, for the kernel and for cloudflared.

import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type CloudflareFake, startCloudflare } from '../src/testing/cloudflare-api.ts';
import { clincher, type Outcome } from '../src/testing/run-program.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

const stack = (cloudflare: string, more = '') => `version: 1
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
budget: { usd: 20, per: day }
ingress:
  domain: agent.example.com
${more}  cloudflare: { token: env:CF_TOKEN, ${cloudflare} }
`;
const open = '  listen: 0.0.0.0:443\n  tls: { cert: cert.pem, key: key.pem }\n';

function cli(fake: CloudflareFake, cwd: string, ...args: string[]): Promise<Outcome> {
  const PATH = process.env.PATH ?? '';
  const env = { PATH, CF_TOKEN: fake.token, NO_COLOR: '1' };
  return clincher(['cloudflare', ...args, '--api', fake.root], { cwd, env });
}

test('a certificate that Cloudflare signs: its key is made here, and shown only once it fits', async () => {
  await using fake = await startCloudflare();
  using dir = tempDir();
  const listen = '  listen: 0.0.0.0:443\n  tls: cloudflare\n';
  writeFileSync(join(dir.path, 'clincher.yaml'), stack('addresses: [198.51.100.7]', listen));
  const file = (name: string) => join(dir.path, '.clincher/secrets/generated', name);
  const read = (name: string) => readFileSync(file(name), 'utf8');
  const planned = await cli(fake, dir.path, 'plan');
  assert.match(planned.stdout, /^\+ certificate of the ingress: for agent\.example\.com, signed/m);
  const before = read('ingress-tls-key');
  fake.fault = (_, path) => (path === '/certificates' ? { status: 400, code: 1_010 } : null);
  const refused = await cli(fake, dir.path, 'apply');
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /Cloudflare answered 400 to POST \/certificates/);
  assert.equal(read('ingress-tls-key'), before, 'what was there stays');
  assert.equal(fake.state.zone.records.length, 0, 'and nothing else was changed');
  fake.fault = null;
  const applied = await cli(fake, dir.path, 'apply');
  assert.equal(applied.code, 0, applied.stderr);
  const [origin] = fake.state.zone.origins;
  assert.equal(read('ingress-tls-cert').trim(), origin?.certificate);
  assert.deepEqual(origin?.hostnames, ['agent.example.com']);
  const certificate = new X509Certificate(read('ingress-tls-cert'));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(read('ingress-tls-key'))));
  assert.doesNotMatch(origin?.csr ?? '', /PRIVATE/);
  const again = await cli(fake, dir.path, 'apply');
  assert.equal(again.code, 0, again.stderr);
  assert.equal(fake.state.zone.origins.length, 1, 'one that will do is kept');
  assert.equal((await cli(fake, dir.path, 'drift')).code, 0);
});

test('an open port: planned, applied, watched, and closed to everybody else', async () => {
  await using fake = await startCloudflare();
  using dir = tempDir();
  writeFileSync(join(dir.path, 'clincher.yaml'), stack('addresses: [198.51.100.7]', open));
  const planned = await cli(fake, dir.path, 'plan');
  assert.equal(planned.code, 0, planned.stderr);
  assert.match(planned.stdout, /^~ setting ssl: full -> strict {2}\(the whole zone feels it\)$/m);
  assert.match(planned.stdout, /^\+ DNS record agent\.example\.com: A 198\.51\.100\.7, proxied$/m);
  assert.equal(fake.state.zone.records.length, 0, 'plan only looks');

  const unsafe = await clincher(['check'], { cwd: dir.path });
  assert.equal(unsafe.code, 1);
  assert.match(unsafe.stdout, /clincher cloudflare ranges/);

  const applied = await cli(fake, dir.path, 'apply');
  assert.equal(applied.code, 0, applied.stderr);
  assert.equal(fake.state.zone.records[0]?.content, '198.51.100.7');
  assert.match(applied.stderr, /clincher cloudflare firewall/);
  assert.equal((await clincher(['check'], { cwd: dir.path })).code, 0);

  const calm = await cli(fake, dir.path, 'drift');
  assert.equal(calm.code, 0, calm.stdout);
  fake.state.zone.settings.ssl = 'off';
  fake.state.zone.ranges.ipv4_cidrs.push('203.0.113.0/24');
  const drifted = await cli(fake, dir.path, 'drift', '--json');
  assert.equal(drifted.code, 1);
  const { changes, ranges } = JSON.parse(drifted.stdout);
  assert.deepEqual([changes[0].what, ranges], ['setting ssl', ['+ 203.0.113.0/24']]);

  const firewall = await clincher(['cloudflare', 'firewall'], { cwd: dir.path });
  assert.match(firewall.stdout, /elements = \{ 192\.0\.2\.0\/24 \}/);
  assert.match(firewall.stdout, /tcp dport 443 counter drop/);
  assert.equal((await cli(fake, dir.path, 'ranges')).code, 0);
  const wider = await clincher(['cloudflare', 'firewall'], { cwd: dir.path });
  assert.match(wider.stdout, /192\.0\.2\.0\/24, 203\.0\.113\.0\/24/);
});

test('a tunnel: its files are for cloudflared alone, and lead to the ingress and nowhere else', async () => {
  await using fake = await startCloudflare();
  using dir = tempDir();
  writeFileSync(join(dir.path, 'clincher.yaml'), stack('tunnel: my-agent'));
  const applied = await cli(fake, dir.path, 'apply');
  assert.equal(applied.code, 0, applied.stderr);
  const folder = join(dir.path, '.clincher', 'cloudflare');
  const config = parse(readFileSync(join(folder, 'tunnel.yaml'), 'utf8'));
  assert.deepEqual(
    config.ingress.map(({ hostname, service }: Record<string, string>) => [hostname, service]),
    [
      ['agent.example.com', 'https://127.0.0.1:8443'],
      [undefined, 'http_status:404'],
    ],
  );
  const credentials = JSON.parse(readFileSync(config['credentials-file'], 'utf8'));
  const [tunnel] = fake.state.zone.tunnels;
  assert.deepEqual(credentials, {
    AccountTag: fake.state.zone.account,
    TunnelID: tunnel?.id,
    TunnelSecret: tunnel?.secret,
  });
  assert.equal(statSync(config['credentials-file']).mode & 0o777, 0o600);
  assert.ok(!`${applied.stdout}${applied.stderr}`.includes(tunnel?.secret ?? ''));
  assert.equal((await cli(fake, dir.path, 'apply')).code, 0, 'again, with the same secret');
  assert.equal(
    JSON.parse(readFileSync(config['credentials-file'], 'utf8')).TunnelSecret,
    tunnel?.secret,
  );
  using elsewhere = tempDir();
  writeFileSync(join(elsewhere.path, 'clincher.yaml'), stack('tunnel: my-agent'));
  const other = await cli(fake, elsewhere.path, 'apply');
  assert.equal(other.code, 1);
  assert.match(other.stderr, /another state directory/);
});

test('what is missing or wrong is one message, and the token is in none', async () => {
  await using fake = await startCloudflare({ rights: ['dns'] });
  using dir = tempDir();
  const file = join(dir.path, 'clincher.yaml');
  writeFileSync(file, stack('addresses: [198.51.100.7]', open));
  const rights = await cli(fake, dir.path, 'apply');
  assert.equal(rights.code, 1);
  assert.match(rights.stderr, /Give the token the permission/);
  const unset = await clincher(['cloudflare', 'plan'], { cwd: dir.path });
  assert.equal(unset.code, 2);
  assert.match(unset.stderr, /CF_TOKEN is not set/);
  const plain = await clincher(['cloudflare', 'plan', '--api', 'http://192.0.2.9/v4'], {
    cwd: dir.path,
  });
  assert.equal(plain.code, 2);
  assert.match(plain.stderr, /not an https address/);
  writeFileSync(file, stack('tunnel: x').replace(/ {2}cloudflare.*/, ''));
  const nothing = await cli(fake, dir.path, 'plan');
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /Add ingress\.cloudflare/);
  for (const { stdout, stderr } of [rights, unset, plain, nothing]) {
    assert.ok(!`${stdout}${stderr}`.includes(fake.token));
  }
});
