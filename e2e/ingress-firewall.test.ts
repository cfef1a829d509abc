// The firewall before the ingress, with the kernel's own: an address in front gets through, any
// other does not, also to a port that is led elsewhere the way Docker publishes one.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { nftRemoval, nftRules } from '../src/render/nft-front.ts';
import { farMachine, must } from '../src/testing/far-machine.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';

const port = 8_443;
const published = 9_443;
const rules = nftRules(port, ['198.51.100.0/28', '2001:db8:1::/48']);

const clients = ['198.51.100.2', '198.51.100.66', '2001:db8:1::2', '2001:db8:2::2'] as const;

inOwnNetwork(import.meta.url, {}, () => {
  test('only what stands in front reaches the port, and the rules replace and remove themselves', async (context) => {
    const far = await farMachine(clients);
    const servers = [port, published].map((one) => createServer((s) => s.end()).listen(one, '::'));
    for (const server of servers) context.after(() => server.close());
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const all = () => Promise.all(clients.map((from) => far.asks(from, port)));
    assert.deepEqual(
      await all(),
      [true, true, true, true],
      'before the rules everybody gets through',
    );
    await must('nft -f -', rules);
    await must('nft -f -', rules);
    assert.deepEqual(await all(), [true, false, true, false]);
    // As Docker does: the port is taken to another before any filter of the usual chains.
    const chain = 'type nat hook prerouting priority dstnat;';
    const nat = `table ip published { chain pre { ${chain} tcp dport ${port} redirect to :${published}\n}\n}`;
    await must('nft -f -', nat);
    assert.deepEqual((await all()).slice(0, 2), [true, false]);
    await must('nft -f -', nftRemoval);
    assert.deepEqual(await all(), [true, true, true, true], 'taken away again');
  });
});
