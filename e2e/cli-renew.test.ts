// `clincher renew` as a person runs it, and as the supervisor does while nobody looks.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeLocalCertificate } from '../src/cli/certificate.ts';
import { openEmbeddedWorld } from '../src/testing/embedded-world.ts';
import { clincher } from '../src/testing/run-program.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

const stack = `version: 1
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
budget: { usd: 20, per: day }
`;
const dayMs = 86_400_000;

test('a certificate that is about to expire is made anew, and one that is not stays', async () => {
  using dir = tempDir();
  writeFileSync(join(dir.path, 'clincher.yaml'), stack);
  const renew = () => clincher(['renew'], { cwd: dir.path });
  const first = await renew();
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^made .*ingress-tls-cert, ingress-tls-key$/m);
  const file = join(dir.path, '.clincher/secrets/generated/ingress-tls-cert');
  const expiry = () => new X509Certificate(readFileSync(file)).validToDate.getTime() - Date.now();
  const old = await makeLocalCertificate([], Date.now() - 380 * dayMs);
  writeFileSync(file, old.certPem);
  writeFileSync(file.replace('-cert', '-key'), old.keyPem);
  assert.ok(expiry() < 30 * dayMs);
  const second = await renew();
  assert.match(second.stdout, /^made ingress-tls-cert, ingress-tls-key$/m, second.stderr);
  assert.ok(expiry() > 300 * dayMs);
  assert.match((await renew()).stdout, /^nothing is about to expire$/m);
});

test('the supervisor runs what it was given, again and again, for as long as it is there', async () => {
  using dir = tempDir();
  const file = join(dir.path, 'tended');
  const argv = ['sh', '-c', `echo x >> ${file}`];
  const world = await openEmbeddedWorld({ tending: { argv, everyMs: 50 } });
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').length / 2 : 0);
  while (lines() < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  await world.close();
  const after = lines();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(lines() <= after + 1, 'one that was under way may have ended since');
});

test('no CA is asked while nobody would answer it, nor without the token that it takes', async () => {
  using dir = tempDir();
  const write = (tls: string) =>
    writeFileSync(
      join(dir.path, 'clincher.yaml'),
      `${stack}ingress:\n  domain: agent.example.com\n  listen: 0.0.0.0:443\n  tls: ${tls}\n`,
    );
  write('acme');
  const early = await clincher(['renew'], { cwd: dir.path });
  assert.equal(early.code, 0, early.stderr);
  assert.match(early.stdout, /^made .*ingress-tls-cert/m, 'there is one to begin with');
  assert.match(early.stdout, /^no public CA was asked.*the stack is not up/m);
  write('{ acme: { challenge: dns-01 } }');
  const unset = await clincher(['renew'], { cwd: dir.path });
  assert.equal(unset.code, 2);
  assert.match(unset.stderr, /store:cloudflare-token is not set/);
  assert.match(unset.stderr, /clincher secret set cloudflare-token/);
  assert.ok(!readdirSync(join(dir.path, '.clincher')).includes('acme'));
});
