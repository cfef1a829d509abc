// What changes while the ingress runs: certificate, address list, rates and tokens are taken from
// their files anew, and a WebSocket that is open does not notice.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { WebSocketServer } from 'ws';
import { makeLocalCertificate } from '../../cli/certificate.ts';
import type { TestIngress } from '../ingress.ts';
import { fakeUpstream } from '../wire.ts';
import { eventually, gateway, type IngressCase, metrics } from './model.ts';
import { dialWebSocket } from './websockets.ts';

const elsewhere = {
  ranges: ['192.0.2.0/24'],
  addressHeader: 'cf-connecting-ip',
  certificate: false,
};
const everybody = { front: undefined, rate: null };

/** As whoever renews it does: in one step. A signal would reach other cases' ingresses as well. */
async function replace(ingress: TestIngress, name: string, text: string): Promise<void> {
  await writeFile(`${ingress.folder}/${name}.new`, text);
  await rename(`${ingress.folder}/${name}.new`, `${ingress.folder}/${name}`);
}

function said(ingress: TestIngress, detail: RegExp): Promise<void> {
  return eventually(() => assert.match(String(ingress.health().detail), detail));
}

async function serialSeen(ingress: TestIngress): Promise<string> {
  const socket = connect({ ...ingress.tls, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

const wrong: readonly (readonly [what: string, text: string])[] = [
  ['what is not JSON', '{'],
  ['an address that is none', JSON.stringify({ front: { ranges: ['everywhere'] } })],
  ['a word that nobody knows', JSON.stringify({ fronts: {} })],
];

export const reloadCases: readonly IngressCase[] = [
  {
    property: 'reload',
    name: 'a renewed certificate is shown to who connects, and half of a pair changes nothing',
    async run(start) {
      await using ingress = await start([gateway]);
      const before = await serialSeen(ingress);
      const next = await makeLocalCertificate([], Date.now());
      // Half of the pair is there first: that is not an identity, and what was there stays.
      await replace(ingress, 'cert.pem', next.certPem);
      await said(ingress, /certificate in force is older than.*cert\.pem and .*key\.pem cannot/);
      assert.equal(await serialSeen(ingress), before);
      await replace(ingress, 'key.pem', next.keyPem);
      await eventually(async () => assert.notEqual(await serialSeen(ingress), before));
      assert.equal(ingress.health().detail, undefined);
    },
  },
  {
    property: 'reload-websocket',
    name: 'no WebSocket ends when what the ingress is told changes',
    async run(start) {
      await using ingress = await start([gateway], { rules: everybody });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const sockets = new WebSocketServer({ server: upstream.server });
      sockets.on('connection', (socket) => {
        // However it ends.
        socket.on('error', () => {}).on('message', (data) => socket.send(data));
      });
      const client = dialWebSocket(ingress);
      client.on('error', () => {});
      await once(client, 'open');
      const ended = once(client, 'close').then(() => ['it ended']);
      const echoed = Promise.race([once(client, 'message'), ended]);
      await replace(ingress, 'rules.json', JSON.stringify({ front: elsewhere }));
      await eventually(() => assert.rejects(ingress.ask('/')));
      client.send('still here', () => {});
      assert.equal(String((await echoed)[0]), 'still here');
      client.terminate();
      sockets.close();
    },
  },
  {
    property: 'reload',
    name: 'another list of addresses holds for who connects next',
    async run(start) {
      await using ingress = await start([gateway], { rules: everybody });
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
      assert.equal((await ingress.ask('/')).status, 200);
      await replace(ingress, 'rules.json', JSON.stringify({ front: elsewhere }));
      await eventually(() => assert.rejects(ingress.ask('/')));
      await replace(ingress, 'rules.json', JSON.stringify(everybody));
      await eventually(async () => assert.equal((await ingress.ask('/')).status, 200));
    },
  },
  {
    property: 'reload-rate',
    name: 'other rates hold for who asks next',
    async run(start) {
      await using ingress = await start([gateway], { rules: everybody });
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
      await replace(
        ingress,
        'rules.json',
        JSON.stringify({ rate: { requests: 1, perSeconds: 60 } }),
      );
      await eventually(async () => assert.equal((await ingress.ask('/')).status, 429));
    },
  },
  ...wrong.map(
    ([what, text]): IngressCase => ({
      property: 'reload',
      name: `${what} leaves the rules that were there`,
      async run(start) {
        await using ingress = await start([gateway], { rules: everybody });
        await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
        await replace(ingress, 'rules.json', text);
        await said(ingress, /rules in force is older than .*rules\.json/);
        assert.equal((await ingress.ask('/')).status, 200);
      },
    }),
  ),
  {
    property: 'reload',
    name: 'another token is asked for once it is there; one that is empty opens nothing',
    async run(start) {
      await using ingress = await start([gateway, metrics]);
      await using _numbers = await fakeUpstream(`${ingress.folder}/mx`);
      const ask = async (token: string) =>
        (await ingress.ask('/metrics', { headers: { authorization: `Bearer ${token}` } })).status;
      assert.equal(await ask('the-metrics-token'), 200);
      await replace(ingress, 'token', 'another\n');
      await eventually(async () => {
        assert.deepEqual([await ask('the-metrics-token'), await ask('another')], [401, 200]);
      });
      await replace(ingress, 'token', '');
      await said(ingress, /token in force is older than/);
      assert.deepEqual([await ask('another'), await ask('')], [200, 401]);
    },
  },
];
