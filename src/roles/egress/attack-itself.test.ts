// The proxy as the target: every way back to its own sockets, through itself, with the widest
// exceptions a user can write; and one caller that takes all it can get.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemWorld } from '../../kit/world.ts';
import { dialAddress } from '../../net/dial.ts';
import { openEgress, type RunningEgress } from '../../testing/egress.ts';
import { type Canaries, openCanaries } from '../../testing/egress-attacks/canaries.ts';
import { inOwnNetwork } from '../../testing/netns.ts';
import {
  dialTcp,
  dialUnix,
  exchange,
  recordedTelemetry,
  temporaryFolder,
} from '../../testing/wire.ts';
import { connectTo } from '../../verify/attacks/egress/write.ts';
import { credentialLine } from './credentials.ts';
import { egressRole, serveEgress } from './serve.ts';

const name = 'api.example.com';
const proxyPort = 14_750;
const adminPort = 14_751;
const everything = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '192.0.0.0/8',
  '[::1]',
  '[fd00::/8]',
  '[2001:db8::/32]',
];

const ways: readonly (readonly [tries: string, address: string])[] = [
  ['by its loopback address', '127.0.0.1'],
  ['by another loopback address', '127.255.255.254'],
  ['by its IPv6 loopback address', '::1'],
  ['by an address of the machine', '10.0.0.1'],
  ['by an IPv6 address of the machine', 'fd00::1'],
  ['by an address that others know it by', '192.0.2.1'],
  ['by an IPv6 address that others know it by', '2001:db8::1'],
  ['by a mapped address', '::ffff:10.0.0.1'],
  ['by a compatible address', '::10.0.0.1'],
  ['by a NAT64 address', '64:ff9b::a00:1'],
  ['by a 6to4 address', '2002:a00:1::1'],
];

inOwnNetwork(import.meta.url, { addresses: ['10.0.0.1', 'fd00::1'] }, () => {
  let canaries: Canaries;
  before(async () => {
    canaries = await openCanaries();
  });
  after(() => canaries[Symbol.asyncDispose]());

  for (const [tries, address] of ways) {
    for (const [what, port] of [
      ['its listener', proxyPort],
      ['its admin socket', adminPort],
    ] as const) {
      test(`the proxy does not lead to ${what} ${tries}`, async () => {
        const telemetry = recordedTelemetry('egress');
        await using running = await serveEgress(
          settingsFor(port),
          { ...systemWorld(), resolve: async () => [address] },
          telemetry,
          dialAddress,
        );
        assert.equal(running.health().ready, true);
        const client = dialTcp('127.0.0.1', proxyPort);
        const answer = await exchange(client, connectTo(`${name}:${port}`));
        assert.match(answer, /^HTTP\/1\.1 403 .*\r\nx-clincher-reason: address-own\r\n/s);
        assert.equal(telemetry.decisions().length, 1, 'it has asked itself');
      });
    }
  }

  test('the same address on a port that is not its own is reached', async () => {
    await using egress = await openEgress({
      settings: {
        rules: [{ caller: 'llm', hosts: [name], ports: [8_443] }],
        unsafeAllowAddresses: everything,
        admin: [`tcp:0.0.0.0:${adminPort}`],
      },
      answers: { [name]: ['10.0.0.1'] },
    });
    await egress.send(connectTo(`${name}:8443`));
    assert.ok(canaries.contacts.includes('tcp 8443'));
  });

  const floods: readonly (readonly [tries: string, bytes: string])[] = [
    ['silent connections', ''],
    ['heads that do not end', 'CONNECT api.example.com:443 HTTP/1.1\r\nX: '],
    ['heads of one byte', 'C'],
    ['tunnels without a hello', connectTo(`${name}:443`)],
  ];
  for (const [tries, bytes] of floods) {
    test(`a caller that opens ${tries} takes its own places and nobody else's`, async () => {
      await using egress = await openEgress({
        settings: {
          rules: [{ caller: 'llm', hosts: [name] }],
          unsafeAllowAddresses: everything,
          limits: { tunnelsMax: 4 },
        },
        answers: { [name]: ['10.0.0.1'] },
      });
      const flood = Array.from({ length: 4 }, () => egress.connect().on('error', () => {}));
      for (const socket of flood) socket.write(bytes);
      const answer = await refused(egress);
      assert.match(answer, /^HTTP\/1\.1 429 .*\r\nretry-after: /s);
      const other = await exchange(dialGateway(egress), connectTo('a.example:443'));
      assert.match(other, /x-clincher-reason: host-not-allowed\r\n/);
      for (const socket of flood) socket.destroy();
    });
  }

  test('strangers on a listener for credentials do not take the places of known callers', async () => {
    await using folder = await temporaryFolder();
    const [open, llm] = [join(folder.path, 'open.sock'), join(folder.path, 'llm.sock')];
    const credentialsFile = join(folder.path, 'callers');
    await writeFile(credentialsFile, credentialLine('ci', 'secret', Buffer.alloc(16)));
    await using _egress = await openEgress({
      settings: {
        rules: ['ci', 'llm'].map((caller) => ({ caller, hosts: [name] })),
        listen: [
          { address: `unix:${open}`, identify: 'credentials', credentialsFile },
          { address: `unix:${llm}`, caller: 'llm' },
        ],
        limits: { tunnelsTotalMax: 4 },
      },
    });
    const flood = Array.from({ length: 6 }, () => dialUnix(open).on('error', () => {}));
    await Promise.any(flood.map((socket) => once(socket, 'data')));
    const basic = Buffer.from('ci:secret').toString('base64');
    const asked = connectTo('a.example:443', `Proxy-Authorization: Basic ${basic}`);
    assert.match(await exchange(dialUnix(open), asked), /x-clincher-reason: proxy-full\r\n/);
    const denied = /x-clincher-reason: host-not-allowed\r\n/;
    for (let again = 0; again < 5; again += 1) {
      assert.match(await exchange(dialUnix(llm), connectTo('a.example:443')), denied);
    }
    for (const socket of flood) socket.destroy();
    // Each that has said who it is gives its place among strangers back, once.
    for (let again = 0; again < 5; again += 1) assert.match(await later(open, asked), denied);
  });
});

async function later(path: string, bytes: string): Promise<string> {
  for (let tries = 0; tries < 50; tries += 1) {
    const answer = await exchange(dialUnix(path), bytes);
    if (!answer.includes('proxy-full')) return answer;
  }
  throw new Error('the strangers have not left');
}

function settingsFor(port: number) {
  return egressRole.settings.parse({
    service: 'egress',
    admin: [`tcp:0.0.0.0:${adminPort}`],
    listen: [{ address: `tcp:[::]:${proxyPort}`, caller: 'llm' }],
    rules: [{ caller: 'llm', hosts: [name], ports: [port] }],
    unsafeAllowAddresses: everything,
  });
}

/** The flood may not have been accepted yet when the next connection comes. */
async function refused(egress: RunningEgress): Promise<string> {
  for (let tries = 0; tries < 50; tries += 1) {
    const answer = await egress.send(connectTo('a.example:443'));
    if (answer.includes('x-clincher-reason: tunnels-too-many\r\n')) return answer;
  }
  throw new Error('the flood has no end');
}

function dialGateway({ gatewayAddress }: RunningEgress): Socket {
  return dialUnix(gatewayAddress.slice('unix:'.length));
}
