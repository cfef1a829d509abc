// The secrets clincher makes: once, random, and the certificate again when it no longer serves.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { defaultPlace } from '../../kit/place.ts';
import { Secret } from '../../kit/secret.ts';
import { systemWorld } from '../../kit/world.ts';
import { writePki } from '../../testing/pki.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import type { SecretDeclaration } from '../../topology/model.ts';
import { localCa } from '../../topology/monitor-secrets.ts';
import { agentKey, gatewayToken, tlsCert, tlsKey } from '../../topology/secrets.ts';
import { makeClientCertificate, makeLocalCertificate } from '../certificate.ts';
import { generateSecrets } from './generate.ts';
import { type SecretStore, secretStore } from './store.ts';

const certificates = { server: makeLocalCertificate, client: makeClientCertificate };

const declared: readonly SecretDeclaration[] = [
  declaration(agentKey, 'virtual-key'),
  declaration(gatewayToken, 'gateway-token'),
  declaration(tlsCert, 'tls-key'),
  declaration(tlsKey, 'tls-key'),
];

function declaration(name: string, kind: SecretDeclaration['kind']): SecretDeclaration {
  return { name, kind, source: { kind: 'generated' }, at: defaultPlace() };
}

function generate(store: SecretStore, host = 'localhost', now = Date.now(), foreign = false) {
  const world = { ...systemWorld(), now: () => now };
  return generateSecrets(declared, { host, foreign }, store, world, certificates);
}

test('everything is made once; the second time nothing is', async () => {
  using dir = tempDir();
  const store = secretStore(dir.path);
  assert.deepEqual(await generate(store), [agentKey, gatewayToken, tlsCert, tlsKey]);
  assert.match((await store.read(agentKey))?.reveal() ?? '', /^sk-clincher-[\w-]{43}$/);
  assert.match((await store.read(gatewayToken))?.reveal() ?? '', /^[\w-]{43}$/);
  assert.match((await store.read(localCa))?.reveal() ?? '', /BEGIN CERTIFICATE/);
  assert.deepEqual(await generate(store), []);
});

test('two installations have nothing in common', async () => {
  using one = tempDir();
  using two = tempDir();
  const stores = [secretStore(one.path), secretStore(two.path)];
  for (const store of stores) await generate(store);
  for (const name of [agentKey, gatewayToken, tlsKey]) {
    const values = await Promise.all(
      stores.map(async (store) => (await store.read(name))?.reveal()),
    );
    assert.notEqual(values[0], values[1]);
  }
});

test('the certificate is made again for another host, and a month before it ends', async () => {
  using dir = tempDir();
  const store = secretStore(dir.path);
  await generate(store);
  assert.deepEqual(await generate(store, 'agent.example.com'), [tlsCert, tlsKey]);
  assert.deepEqual(await generate(store, 'agent.example.com'), []);
  const later = Date.now() + 380 * 86_400_000;
  assert.deepEqual(await generate(store, 'agent.example.com', later), [tlsCert, tlsKey]);
});

test("another CA's certificate is left alone where another CA signs, and replaced where none does", async () => {
  using dir = tempDir();
  const store = secretStore(dir.path);
  const now = Date.now();
  const pki = await writePki(dir.path, {});
  await store.write(tlsCert, new Secret(readFileSync(pki.certFile('server'), 'utf8')));
  await store.write(tlsKey, new Secret(readFileSync(pki.keyFile('server'), 'utf8')));
  const ended = Date.parse('2100-01-02');
  for (const at of [now, ended]) {
    const made = await generate(store, 'localhost', at, true);
    assert.ok(!made.includes(tlsCert), `${new Date(at)}`);
  }
  assert.deepEqual((await generate(store, 'localhost', now)).slice(-2), [tlsCert, tlsKey]);
});

const broken: readonly [string, string, string][] = [
  ['a key that is not the certificate’s', tlsKey, 'other'],
  ['a certificate that is none', tlsCert, 'not a certificate'],
];

for (const [name, secret, value] of broken) {
  test(`${name} is replaced with its pair`, async () => {
    using dir = tempDir();
    using other = tempDir();
    const store = secretStore(dir.path);
    await generate(store);
    const elsewhere = secretStore(other.path);
    await generate(elsewhere);
    const foreign = value === 'other' ? await elsewhere.read(secret) : new Secret(value);
    await store.write(secret, foreign ?? new Secret(''));
    assert.deepEqual(await generate(store), [tlsCert, tlsKey]);
  });
}

test("the user's own certificate is left to the user", async () => {
  using dir = tempDir();
  const store = secretStore(dir.path);
  const own = declared.map((each) =>
    each.kind === 'tls-key' ? { ...each, source: { kind: 'file' as const, path: 'x.pem' } } : each,
  );
  const made = await generateSecrets(
    own,
    { host: 'localhost', foreign: false },
    store,
    systemWorld(),
    certificates,
  );
  assert.deepEqual(made, [agentKey, gatewayToken]);
});
