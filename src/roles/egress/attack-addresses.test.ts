// Resolvers that lie: allowed names that lead to addresses nobody declared. Every answer is
// judged before anything is dialled, and the resolver is asked once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientHello } from '../../testing/client-hello.ts';
import { openEgress } from '../../testing/egress.ts';
import { addressLies, canaryAddresses } from '../../testing/egress-attacks/addresses.ts';
import { type Canaries, openCanaries } from '../../testing/egress-attacks/canaries.ts';
import { inOwnNetwork } from '../../testing/netns.ts';

const name = 'api.example.com';
const connectHead = `CONNECT ${name}:443 HTTP/1.1\r\n\r\n`;
const settings = { rules: [{ caller: 'llm', hosts: [name] }] };

inOwnNetwork(import.meta.url, { addresses: [...canaryAddresses, '2606:4700::1'] }, () => {
  let canaries: Canaries;
  before(async () => {
    canaries = await openCanaries();
  });
  after(() => canaries[Symbol.asyncDispose]());

  for (const { address, reason } of addressLies) {
    const what = JSON.stringify(address);
    test(`an allowed name that resolves to ${what} is ${reason}`, async () => {
      const reached = canaries.contacts.length;
      await using egress = await openEgress({ settings, answers: { [name]: [address] } });
      const answer = await egress.send(connectHead + clientHello().toString('latin1'));
      assert.match(answer, /^HTTP\/1\.1 403 /);
      assert.match(answer, new RegExp(`x-clincher-reason: ${reason}\r\n`));
      assert.ok(address === '' || !answer.includes(address), 'the caller is told the address');
      assert.equal(canaries.contacts.length, reached);
      assert.deepEqual(egress.resolved, [name]);
    });
  }

  test('no two addresses are the same, and there are canaries at most of them', () => {
    const all = new Set(addressLies.map(({ address }) => address));
    assert.equal(all.size, addressLies.length);
    assert.ok(all.size >= 90, String(all.size));
    assert.ok(canaryAddresses.filter((address) => all.has(address)).length >= 40);
  });
});
