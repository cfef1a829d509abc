// What nginx or Caddy would be told, as files that the program itself has tried; a token is printed
// nowhere, and what is wrong leaves what was there.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ingressPrograms } from '../roles/ingress/settings.ts';
import { ingressProgram } from '../testing/ingress-programs.ts';
import { clincher, plainEnvironment } from '../testing/run-program.ts';
import { type TempDir, tempDir } from '../testing/temp-dir.ts';
import { makeLocalCertificate } from './certificate.ts';

const token = 'TheOneThatOpensTheMetrics1';
const declared = `version: 1
providers: { anthropic: { key: env:ANTHROPIC_API_KEY } }
budget: { usd: 20, per: day }
`;

async function broughtUpOnce(): Promise<TempDir> {
  const dir = tempDir();
  const made = await makeLocalCertificate([], Date.now());
  const store = join(dir.path, '.clincher/secrets/generated');
  mkdirSync(store, { recursive: true });
  writeFileSync(join(store, 'ingress-tls-cert'), made.certPem);
  writeFileSync(join(store, 'ingress-tls-key'), made.keyPem);
  writeFileSync(join(store, 'metrics-token'), token);
  writeFileSync(join(dir.path, 'clincher.yaml'), declared);
  return dir;
}

for (const name of ingressPrograms) {
  const path = `${dirname(ingressProgram(name))}:${plainEnvironment().PATH}`;
  const render = (dir: TempDir, ...args: readonly string[]) =>
    clincher(['render', name, ...args], { cwd: dir.path, env: { PATH: path } });

  test(`render ${name} writes what ${name} finds nothing wrong with, for this host`, async () => {
    using dir = await broughtUpOnce();
    const { code, stdout, stderr } = await render(dir, '--out', 'told');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /finds nothing wrong with it/);
    assert.match(stderr, /does not do: .*slow-body/);
    const file = join(dir.path, 'told', name === 'nginx' ? 'nginx.conf' : 'caddy.json');
    const text = readFileSync(file, 'utf8');
    assert.ok(text.includes(join(dir.path, '.clincher/run/edges/ingress--gateway.http/sock')));
    assert.ok(text.includes(token));
    assert.equal(statSync(file).mode & 0o077, 0);
    // To read, it is without the token; and what the program refuses is not put in its place.
    const printed = await render(dir);
    assert.equal(printed.code, 0, printed.stderr);
    assert.ok(!printed.stdout.includes(token));
    writeFileSync(join(dir.path, '.clincher/secrets/generated/ingress-tls-cert'), 'none');
    const refused = await render(dir, '--out', 'told');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, new RegExp(`${name} refuses what it would be told`));
    assert.equal(readFileSync(file, 'utf8'), text);
  });
}

test('render caddy refuses a key that Caddy could not keep to', async () => {
  using dir = await broughtUpOnce();
  const rate = 'ingress: { rate: { requests: 1, perSeconds: 2 } }\n';
  writeFileSync(join(dir.path, 'clincher.yaml'), `${declared}${rate}`);
  const { code, stderr } = await clincher(['render', 'caddy'], { cwd: dir.path });
  assert.equal(code, 2);
  assert.match(stderr, /ingress\.rate says nothing to caddy: it counts no requests/);
});
