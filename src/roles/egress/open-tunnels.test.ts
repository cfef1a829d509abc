// A server name that the rule accepts in the host's place is refused all the same where everyone is
// denied it: when the tunnel is asked for, and when rules change under an open one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectThrough } from '../../net/connect-client.ts';
import { egressPolicy } from '../../policy/egress.ts';
import { clientHello } from '../../testing/client-hello.ts';
import { openEgress } from '../../testing/egress.ts';
import { echo, farName, gone, nextBytes, openFarEnd } from '../../testing/far-end.ts';
import { stillAllowed } from './open-tunnels.ts';

const front = 'front.example';
const asked = { caller: 'llm', host: farName, port: 443, clientProxy: null, matched: null };
const plainWay = { asked, address: null, port: 443 };

for (const denied of [false, true]) {
  const globalDeny = denied ? [front] : [];

  test(`an accepted server name passes, unless everyone is denied it: ${denied}`, async () => {
    await using far = await openFarEnd(echo);
    const rule = { caller: 'llm', hosts: [farName], ports: [far.port], serverNames: [front] };
    const resolve = { [farName]: ['127.0.0.1'] };
    const settings = { rules: [rule], resolve, unsafeAllowAddresses: ['127.0.0.1'], globalDeny };
    await using egress = await openEgress({ settings });
    const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
    client.on('error', () => {});
    const hello = clientHello({ names: [front] });
    client.write(hello);
    if (denied) {
      await gone(client);
      assert.equal(egress.telemetry.decisions()[0]?.reason, 'host-denied');
      return;
    }
    assert.deepEqual((await nextBytes(client)).subarray(0, 5), hello.subarray(0, 5));
    client.destroy();
  });

  test(`an open tunnel to an accepted server name stays, unless it is denied: ${denied}`, () => {
    const rule = { caller: 'llm', hosts: [farName], ports: [443], serverNames: [front], at: '' };
    const policy = egressPolicy([rule], [], [], { globalDeny });
    const tunnel = {
      ...plainWay,
      serverName: front,
      plain: false,
    };
    assert.equal(stillAllowed({ policy, resolve: {} }, tunnel), !denied);
  });
}

for (const ech of ['allow', 'refuse'] as const) {
  test(`an open tunnel whose hello hides a name stays only where the rule says so: ${ech}`, () => {
    const rule = { caller: 'llm', hosts: [farName], ports: [443], ech, at: '' };
    const tunnel = {
      ...plainWay,
      serverName: farName,
      isHiding: true,
      plain: false,
    };
    const rules = { policy: egressPolicy([rule], [], []), resolve: {} };
    assert.equal(stillAllowed(rules, tunnel), ech === 'allow');
  });
}

const clientProxy = 'http://proxy.example:3128';
const throughProxy = { asked: { ...asked, clientProxy }, address: '10.0.0.5', port: 3128 };
const denied = 'http://proxy.denied.example:3128';
const throughDenied = { ...throughProxy, asked: { ...asked, clientProxy: denied } };
const ways = [
  ['through the proxy that its client named', throughProxy, { clientProxies: ['proxy.example'] }],
  ['through one that no rule names now', throughProxy, { clientProxies: ['other.example'] }],
  ['through one that is denied to all', throughDenied, { clientProxies: ['**.denied.example'] }],
  ['past the proxy that its rule names now', plainWay, { upstreamProxy: 'unix:/run/proxy' }],
] as const;
for (const [index, [what, way, terms]] of ways.entries()) {
  test(`an open tunnel ${what} ${index === 0 ? 'stays' : 'ends'}`, () => {
    const rule = { caller: 'llm', hosts: [farName], ports: [443], at: '', ...terms };
    const lists = { globalDeny: ['proxy.denied.example'] };
    const policy = egressPolicy([rule], ['10.0.0.5:3128'], [], lists);
    const tunnel = { ...way, serverName: farName, plain: false };
    assert.equal(stillAllowed({ policy, resolve: {} }, tunnel), index === 0);
  });
}
