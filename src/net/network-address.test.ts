// An address by its network: one's own, and that of a name, which is dialled only in there.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '../kit/address.ts';
import { listen } from './listen.ts';
import { lookupIn, ownAddressIn } from './network-address.ts';
import { request } from './node-http.ts';

test('where one listens is the own address in the network, and nowhere else', async (context) => {
  const server = createServer();
  context.after(() => server.close());
  await listen(server, 'tcp:127.0.0.0/30:0');
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  assert.equal(bound.address, '127.0.0.1');
  await assert.rejects(listen(createServer(), 'tcp:10.255.254.0/30:4000'), {
    code: 'EADDRNOTAVAIL',
  });
  await assert.rejects(listen(createServer(), 'tcp:llm@127.0.0.0/30:0'), /the address of another/);
  const two = { mac: '', netmask: '', internal: false, family: 'IPv4' as const, cidr: null };
  const interfaces = {
    eth0: [{ ...two, address: '10.192.0.5' }],
    eth1: [{ ...two, address: '10.192.0.66' }],
  };
  assert.equal(ownAddressIn('10.192.0.64/26', interfaces), '10.192.0.66');
});

test('of what a name has, only what is in the network is dialled', async (context) => {
  const server = createServer((_, response) => response.end('here'));
  context.after(() => server.close());
  await listen(server, 'tcp:127.0.0.0/30:0');
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const ask = (network: string, found: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      const lookup = lookupIn(network, async () => found);
      const asked = request({ host: 'llm', port: bound.port, lookup, agent: false }, (answer) => {
        answer.setEncoding('utf8').once('data', resolve);
      });
      asked.once('error', reject).end();
    });
  assert.equal(await ask('127.0.0.0/30', ['127.0.0.9', '127.0.0.1']), 'here');
  await assert.rejects(ask('127.0.0.0/30', ['127.0.0.9', '127.0.0.10']), { code: 'ENOTFOUND' });
  await assert.rejects(ask('10.192.0.0/26', ['127.0.0.1']), { code: 'ENOTFOUND' });
});

const good = ['tcp:10.192.0.64/26:4000', 'tcp:llm@10.192.0.64/26:4000', 'tcp:llm-2@10.0.0.0/8:1'];
const bad = [
  ...['tcp:llm@10.192.0.64:4000', 'tcp:llm@10.192.0.64/33:4000', 'tcp:10.192.0.64/26:65536'],
  ...['tcp:@10.192.0.64/26:1', 'tcp:-a@10.192.0.64/26:1', 'tcp:a.b@10.192.0.64/26:1'],
  ...['tcp:LLM@10.192.0.64/26:1', 'tcp:10.192.0.300/26:1', 'tcp:[fd00::]/64:1', 'tcp:a@/26:1'],
];

test('an address by its network is read, and nothing that only looks like one', () => {
  for (const text of good) assert.equal(parseAddress(text)?.kind, 'network', text);
  for (const text of bad) assert.equal(parseAddress(text), null, text);
  fc.assert(
    fc.property(fc.stringMatching(/^tcp:[a-z0-9@./:-]{0,30}$/), (text) => {
      const address = parseAddress(text);
      if (address?.kind !== 'network') return;
      assert.equal(isIP(address.network.split('/')[0] ?? ''), 4);
      assert.match(address.name ?? 'x', /^[a-z0-9][a-z0-9-]*$/);
    }),
  );
});
