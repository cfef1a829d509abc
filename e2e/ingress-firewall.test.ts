// The firewall before the ingress, with the kernel's own: an address in front gets through, any
// other does not, also to a port that is led elsewhere the way Docker publishes one.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { nftRemoval, nftRules } from '../src/render/nft-front.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { run } from '../src/testing/run-program.ts';

const port = 8_443;
const published = 9_443;
const rules = nftRules(port, ['198.51.100.0/28', '2001:db8:1::/48']);

/** Another machine: a namespace behind a pair of interfaces, with every address that asks. */
const clients = ['198.51.100.2', '198.51.100.66', '2001:db8:1::2', '2001:db8:2::2'] as const;

async function must(command: string, input?: string): Promise<string> {
  const outcome = await run(['sh', '-ec', command], input === undefined ? {} : { input });
  assert.equal(outcome.code, 0, `${command}: ${outcome.stderr}`);
  return outcome.stdout;
}

async function asks(from: string, to: string): Promise<boolean> {
  const host = from.includes(':') ? '2001:db8:0:9::1' : '203.0.113.201';
  const script = `const s=require('net').connect({host:'${host}',port:${to},localAddress:'${from}'});
    s.on('connect',()=>process.exit(0));s.on('error',()=>process.exit(1));setTimeout(()=>process.exit(1),1000)`;
  const { code } = await run(['ip', 'netns', 'exec', 'far', process.execPath, '-e', script]);
  return code === 0;
}

inOwnNetwork(import.meta.url, {}, () => {
  test('only what stands in front reaches the port, and the rules replace and remove themselves', async (context) => {
    await must('mount -t tmpfs none /run && mkdir -p /run/netns && ip netns add far');
    await must('ip link add near0 type veth peer name far0 netns far && ip link set near0 up');
    await must(
      'ip addr add 203.0.113.201/32 dev near0 && ip addr add 2001:db8:0:9::1/128 dev near0 nodad',
    );
    await must('ip -n far link set far0 up && ip -n far route add 203.0.113.201 dev far0');
    await must('ip -n far -6 route add 2001:db8:0:9::1 dev far0');
    for (const address of clients) {
      const bits = address.includes(':') ? '128 nodad' : '32';
      const [length, ...more] = bits.split(' ');
      await must(`ip -n far addr add ${address}/${length} dev far0 ${more.join(' ')}`);
      await must(`ip route add ${address}/${length} dev near0`);
    }
    const servers = [port, published].map((one) => createServer((s) => s.end()).listen(one, '::'));
    for (const server of servers) context.after(() => server.close());
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const all = () => Promise.all(clients.map((from) => asks(from, String(port))));
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
