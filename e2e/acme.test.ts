// Certificates of a public CA, from a real one: Let's Encrypt's own for tests. The ingress that it
// asks runs in its jail; who orders is on the host; a record at Cloudflare is looked up in DNS.

import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { renewPublic } from '../src/cli/acme/renew-public.ts';
import { serveArgv } from '../src/cli/installation.ts';
import { generatedStore } from '../src/cli/secrets/stores.ts';
import { makeSecrets } from '../src/cli/up/prepare.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import { type EmbeddedWorld, openEmbeddedWorld } from '../src/testing/embedded-world.ts';
import { exampleMachine } from '../src/testing/example-machine.ts';
import { openPublicCa, type PublicCaScene, publicHost } from '../src/testing/public-ca.ts';
import { tlsCert, tlsKey } from '../src/topology/secrets.ts';

const dayMs = 86_400_000;

async function startIngress({ declared, stateDir }: PublicCaScene) {
  const { services } = makePlan(declared.topology, exampleMachine());
  const service = services.find(({ name }) => name === 'ingress') ?? assert.fail();
  const world = await openEmbeddedWorld({
    ...{ stateDir, serveArgv },
    secrets: async (name) => generatedStore(stateDir).read(name),
  });
  await world.driver.apply({ kind: 'start', service });
  const refresh = () => world.driver.apply({ kind: 'refresh', service });
  return { world, refresh };
}

async function greeted({ port }: PublicCaScene, ca: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, servername: publicHost, ca });
  await once(socket, 'secureConnect');
  return socket;
}

async function asked(socket: TLSSocket): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${publicHost}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  return String(answer).split('\r\n')[0] ?? '';
}

const held = async ({ stateDir }: PublicCaScene) => {
  const store = generatedStore(stateDir);
  return [(await store.read(tlsCert))?.reveal(), (await store.read(tlsKey))?.reveal()];
};

test('by HTTP-01: the CA asks the ingress, which takes the certificate as it runs', async () => {
  await using scene = await openPublicCa('http-01');
  const { declared, stateDir } = scene;
  await makeSecrets(declared, stateDir);
  const [localCert = ''] = await held(scene);
  assert.match(new X509Certificate(localCert).issuer, /clincher local CA/);
  let running: EmbeddedWorld | null = null;
  try {
    const { world, refresh } = await startIngress(scene);
    running = world;
    const ca = (await generatedStore(stateDir).read('ingress-ca'))?.reveal() ?? '';
    const before = await greeted(scene, ca);
    const ordered = await renewPublic(declared, stateDir, scene.world());
    assert.equal(ordered?.kind, 'ordered', JSON.stringify(ordered));
    assert.deepEqual(await makeSecrets(declared, stateDir), [tlsCert, tlsKey]);
    await refresh();
    const root = await scene.pebble.root();
    const now = await until(() => greeted(scene, root));
    assert.match(await asked(now), /^HTTP\/1\.1 503/, 'the agent is not there, the ingress is');
    assert.match(await asked(before), /^HTTP\/1\.1 503/, 'what was open stays open');
    for (const socket of [now, before]) socket.destroy();
    const folder = join(stateDir, 'services/ingress/state/challenges');
    assert.deepEqual(readdirSync(folder), [], 'nothing is left to be asked for');
    for (const name of readdirSync(join(stateDir, 'acme'))) {
      assert.equal(statSync(join(stateDir, 'acme', name)).mode & 0o777, 0o600, name);
    }
    assert.equal(await world.driver.probe('ingress', findKeys, null, 10_000), '[]\n');
  } finally {
    await running?.close();
  }
});

/** Of the jail that faces the world: whatever in it has the word of the account in its name. */
const findKeys = `
  import { globSync } from 'node:fs';
  console.log(JSON.stringify(globSync(['/run/**/account*', '/var/**/account*', '/tmp/**/account*'])));
`;

async function until<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 200; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test('by DNS-01: the record is there while the CA looks; nothing is asked before it is due', async () => {
  await using scene = await openPublicCa('dns-01');
  const { declared, stateDir, cloudflare } = scene;
  const { records } = cloudflare.state.zone;
  const theirs = { id: 'f'.repeat(32), type: 'TXT', name: `_acme-challenge.${publicHost}` };
  records.push({ ...theirs, content: '"theirs"', proxied: false, ttl: 1, comment: null });
  const ordered = await renewPublic(declared, stateDir, scene.world());
  assert.equal(ordered?.kind, 'ordered', JSON.stringify(ordered));
  assert.deepEqual(
    cloudflare.state.zone.records.map(({ content }) => content),
    ['"theirs"'],
  );
  const made = await makeSecrets(declared, stateDir);
  assert.ok(made.includes(tlsCert) && !made.includes('ingress-ca'));
  const first = await held(scene);
  assert.equal(new X509Certificate(first[0] ?? '').checkHost(publicHost), publicHost);
  const asks = scene.lookups();
  for (const days of [0, 2, 58]) {
    assert.equal((await renewPublic(declared, stateDir, scene.world(days * dayMs)))?.kind, 'fine');
  }
  assert.equal(scene.lookups(), asks, 'no proof was asked for');
  const again = await renewPublic(declared, stateDir, scene.world(61 * dayMs));
  assert.equal(again?.kind, 'ordered', JSON.stringify(again));
  await makeSecrets(declared, stateDir);
  assert.notDeepEqual(await held(scene), first);
});

test('a CA that does not sign: what was in use stays, and it is asked ever more rarely', async () => {
  await using scene = await openPublicCa('dns-01');
  const { declared, stateDir, cloudflare } = scene;
  assert.equal((await renewPublic(declared, stateDir, scene.world()))?.kind, 'ordered');
  await makeSecrets(declared, stateDir);
  const first = await held(scene);
  // Written, and nowhere to be found: the CA looks and says no.
  cloudflare.fault = (method) => (method === 'POST' ? 'not-json' : null);
  let [laterMs, tries, lastTryMs] = [61 * dayMs, 0, 0];
  const waits: number[] = [];
  for (let hour = 0; hour < 72; hour++, laterMs += 3_600_000) {
    const outcome = await renewPublic(declared, stateDir, scene.world(laterMs));
    assert.ok(outcome?.kind === 'failed' || outcome?.kind === 'waiting', JSON.stringify(outcome));
    assert.match(outcome.trouble, /Cloudflare answered/);
    if (outcome.kind === 'waiting') continue;
    if (tries++ > 0) waits.push(Math.round((laterMs - lastTryMs) / 3_600_000));
    lastTryMs = laterMs;
  }
  assert.deepEqual(waits.slice(0, 6), [1, 1, 1, 2, 4, 8]);
  assert.ok(tries <= 12, `${tries} tries in three days`);
  assert.deepEqual(await makeSecrets(declared, stateDir), []);
  assert.deepEqual(await held(scene), first);
  cloudflare.fault = null;
  const mended = await renewPublic(declared, stateDir, scene.world(laterMs + dayMs));
  assert.equal(mended?.kind, 'ordered');
});

const customerKey = randomBytes(32).toString('base64url');
const bindings = [
  ['the key that the CA gave', customerKey, 'ordered', /^$/],
  [
    'another key',
    randomBytes(32).toString('base64url'),
    'failed',
    /externalAccountBinding|EAB|JWS/i,
  ],
  ['none', null, 'failed', /for its own customers alone[\s\S]*ingress\.tls\.acme\.eab/],
] as const;

for (const [name, shown, kind, trouble] of bindings) {
  test(`a CA of its own customers, shown ${name}: ${kind}`, async () => {
    const eab = { customers: { 'customer-1': customerKey }, shown };
    await using scene = await openPublicCa('dns-01', { eab });
    const { declared, stateDir } = scene;
    const outcome = await renewPublic(declared, stateDir, scene.world());
    assert.equal(outcome?.kind, kind, JSON.stringify(outcome));
    assert.match('trouble' in outcome ? outcome.trouble : '', trouble);
    if (kind === 'ordered') {
      const again = await renewPublic(declared, stateDir, scene.world(61 * dayMs));
      assert.equal(again?.kind, 'ordered', 'the account that is bound is found again');
    }
  });
}
