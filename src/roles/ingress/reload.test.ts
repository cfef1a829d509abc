// What changes while the ingress runs: certificate, address list, rates and tokens are taken from
// their files anew, and a WebSocket that is open does not notice.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { connect } from 'node:tls';
import WebSocket, { WebSocketServer } from 'ws';
import { makeLocalCertificate } from '../../cli/certificate.ts';
import { startIngress, type TestIngress } from '../../testing/ingress.ts';
import { fakeUpstream } from '../../testing/wire.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
const metrics = { prefix: '/metrics', service: 'metrics', to: 'mx', bearerFile: 'token' };
const everybody = { front: undefined, rate: null };

/** As whoever renews it does: in one step. */
async function replace(ingress: TestIngress, name: string, text: string): Promise<void> {
  await writeFile(`${ingress.folder}/${name}.new`, text);
  await rename(`${ingress.folder}/${name}.new`, `${ingress.folder}/${name}`);
}

/** Asks for the reading that a change brings about within a second, and waits for its end. */
async function reread(ingress: TestIngress, event: RegExp): Promise<string> {
  const before = ingress.telemetry.lines().length;
  process.kill(process.pid, 'SIGHUP');
  const said = () =>
    ingress.telemetry
      .lines()
      .slice(before)
      .find((line) => event.test(String(line.event)));
  while (said() === undefined) await new Promise((next) => setTimeout(next, 5));
  return String(said()?.message ?? '');
}

async function serialSeen(ingress: TestIngress): Promise<string> {
  const socket = connect({ ...ingress.tls, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

test('a renewed certificate is shown to who connects, and no WebSocket ends', async () => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const sockets = new WebSocketServer({ server: upstream.server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const client = new WebSocket(`wss://localhost:${ingress.port}/ws`, {
    ca: ingress.ca,
    origin: ingress.origin,
  });
  await once(client, 'open');
  const before = await serialSeen(ingress);
  const next = await makeLocalCertificate([], Date.now());
  // Half of the pair is there first: that is not an identity, and what was there stays.
  await replace(ingress, 'cert.pem', next.certPem);
  assert.match(await reread(ingress, /^certificate-/), /cert\.pem and .*key\.pem cannot be used/);
  assert.equal(await serialSeen(ingress), before);
  assert.match(String(ingress.health().detail), /certificate in force is older than/);
  await replace(ingress, 'key.pem', next.keyPem);
  await reread(ingress, /^certificate-taken/);
  assert.notEqual(await serialSeen(ingress), before);
  assert.equal(ingress.health().detail, undefined);
  client.send('still here');
  assert.equal(String((await once(client, 'message'))[0]), 'still here');
  client.close();
  sockets.close();
});

test('another list of addresses holds for who connects next, and rates for who asks next', async () => {
  await using ingress = await startIngress([gateway], { rules: everybody });
  await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
  assert.equal((await ingress.ask('/')).status, 200);
  const front = { ranges: ['192.0.2.0/24'], addressHeader: 'cf-connecting-ip', certificate: false };
  await replace(ingress, 'rules.json', JSON.stringify({ front }));
  await reread(ingress, /^rules-taken/);
  await assert.rejects(ingress.ask('/'));
  await replace(ingress, 'rules.json', JSON.stringify({ rate: { requests: 1, perSeconds: 60 } }));
  await reread(ingress, /^rules-taken/);
  assert.deepEqual([(await ingress.ask('/')).status, (await ingress.ask('/')).status], [200, 429]);
});

const wrong: readonly (readonly [what: string, text: string])[] = [
  ['what is not JSON', '{'],
  ['an address that is none', JSON.stringify({ front: { ranges: ['everywhere'] } })],
  ['a word that nobody knows', JSON.stringify({ fronts: {} })],
];
for (const [what, text] of wrong) {
  test(`${what} leaves the rules that were there`, async () => {
    await using ingress = await startIngress([gateway], { rules: everybody });
    await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
    await replace(ingress, 'rules.json', text);
    assert.match(await reread(ingress, /^rules-/), /rules\.json/);
    assert.equal((await ingress.ask('/')).status, 200);
    assert.match(String(ingress.health().detail), /rules in force is older than/);
  });
}

test('another token is asked for once it is there; one that is empty opens nothing', async () => {
  await using ingress = await startIngress([gateway, metrics]);
  await using _numbers = await fakeUpstream(`${ingress.folder}/mx`);
  const ask = async (token: string) =>
    (await ingress.ask('/metrics', { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await ask('the-metrics-token'), 200);
  await replace(ingress, 'token', 'another\n');
  await reread(ingress, /^token-taken/);
  assert.deepEqual([await ask('the-metrics-token'), await ask('another')], [401, 200]);
  await replace(ingress, 'token', '');
  await reread(ingress, /^token-kept/);
  assert.deepEqual([await ask('another'), await ask('')], [200, 401]);
});
