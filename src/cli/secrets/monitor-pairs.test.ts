// The certificates of the monitor and its door: made once, made anew when they are no good, and
// taken back by being made anew.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { Secret } from '../../kit/secret.ts';
import { temporaryFolder } from '../../testing/wire.ts';
import { doorSecrets, monitorCredentials } from '../../topology/monitor-secrets.ts';
import { certificates } from '../up/prepare.ts';
import { makeMonitorPairs } from './monitor-pairs.ts';
import { type SecretStore, secretStore } from './store.ts';

const now = Date.now();
const host = '192.0.2.7';

async function pem(store: SecretStore, name: string): Promise<X509Certificate> {
  return new X509Certificate((await store.read(name))?.reveal() ?? '');
}

test('both pairs are made once, and each side asks for the CA of the other', async () => {
  await using folder = await temporaryFolder();
  const store = secretStore(folder.path);
  assert.equal((await makeMonitorPairs(store, host, now, certificates)).length, 6);
  assert.deepEqual(await makeMonitorPairs(store, host, now, certificates), []);
  const [door, monitor] = [doorSecrets.cert, monitorCredentials.cert];
  const shown = await pem(store, door);
  assert.equal(shown.checkIP(host), host);
  assert.ok(shown.verify((await pem(store, monitorCredentials.ca)).publicKey));
  assert.ok((await pem(store, monitor)).verify((await pem(store, doorSecrets.clientCa)).publicKey));
});

test('a pair that is broken, lost or for another host is made anew, and the other is left', async () => {
  await using folder = await temporaryFolder();
  const store = secretStore(folder.path);
  await makeMonitorPairs(store, host, now, certificates);
  const door = [monitorCredentials.ca, doorSecrets.cert, doorSecrets.key];
  const monitor = [doorSecrets.clientCa, monitorCredentials.cert, monitorCredentials.key];
  assert.deepEqual(await makeMonitorPairs(store, '192.0.2.8', now, certificates), door);
  await store.remove(monitorCredentials.key);
  assert.deepEqual(await makeMonitorPairs(store, '192.0.2.8', now, certificates), monitor);
  await store.write(doorSecrets.cert, new Secret('no certificate'));
  assert.deepEqual(await makeMonitorPairs(store, '192.0.2.8', now, certificates), door);
});

test('what is renewed is for a new CA: the certificate from before is not of it', async () => {
  await using folder = await temporaryFolder();
  const store = secretStore(folder.path);
  await makeMonitorPairs(store, host, now, certificates);
  const before = await pem(store, monitorCredentials.cert);
  await makeMonitorPairs(store, host, now, certificates, ['monitor']);
  const ca = await pem(store, doorSecrets.clientCa);
  assert.ok(!before.verify(ca.publicKey));
  assert.ok((await pem(store, monitorCredentials.cert)).verify(ca.publicKey));
});
