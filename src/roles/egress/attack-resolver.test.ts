// Resolvers that change their mind, mix their answers, hang or lead back to the proxy: the judged
// address is the dialled one, and the resolver is asked once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dial } from '../../net/dial.ts';
import { clientHello } from '../../testing/client-hello.ts';
import { openCanary, openEgress, type RunningEgress } from '../../testing/egress.ts';
import { inOwnNetwork } from '../../testing/netns.ts';

const name = 'api.example.com';
const connectHead = `CONNECT ${name}:443 HTTP/1.1\r\n\r\n`;
const settings = { rules: [{ caller: 'llm', hosts: [name] }] };
const addresses = ['10.0.0.1', '2606:4700::1'];

inOwnNetwork(import.meta.url, { addresses }, () => {
  test('of mixed answers only the public one is dialled', async () => {
    await using canary = await openCanary(443);
    const dialled: string[] = [];
    const answers = { [name]: ['127.0.0.1', '169.254.169.254', '2606:4700::1', '10.0.0.1'] };
    await using egress = await openEgress({ settings, answers, dial: refusingDial(dialled) });
    await egress.send(connectHead);
    assert.deepEqual(dialled, ['2606:4700::1']);
    assert.equal(canary.contacts.length, 0);
  });

  test('allowed answers are dialled in order, and the failure of all is 502', async () => {
    const dialled: string[] = [];
    const answers = { [name]: ['2606:4700::1', '8.8.8.8', '2606:4700:0::2'] };
    await using egress = await openEgress({ settings, answers, dial: refusingDial(dialled) });
    const answer = await egress.send(connectHead);
    assert.match(answer, /^HTTP\/1\.1 502 .*x-clincher-reason: upstream-unreachable/s);
    assert.deepEqual(dialled, ['2606:4700::1', '8.8.8.8', '2606:4700::2']);
    assert.equal(egress.telemetry.decisions()[0]?.error, 'ECONNREFUSED');
  });

  test('a name that answers anew after the check is not asked again (rebinding)', async () => {
    await using canary = await openCanary(443, '2606:4700::1');
    await using trap = await openCanary(443, '127.0.0.1');
    let asked = 0;
    const resolve = async () => (asked++ === 0 ? ['2606:4700::1'] : ['127.0.0.1']);
    await using egress = await openEgress({ settings, resolve });
    const client = egress.connect().on('error', () => {});
    client.write(connectHead + clientHello().toString('latin1'), 'latin1');
    await canary.spokenTo();
    client.destroy();
    assert.equal(asked, 1);
    assert.equal(trap.contacts.length, 0);
  });

  test('the own listeners are not reached though their range is opened', async () => {
    await using canary = await openCanary(4750, '127.0.0.1');
    await using egress = await openEgress({
      settings: {
        rules: [{ caller: 'llm', hosts: [name], ports: [4750] }],
        unsafeAllowAddresses: ['127.0.0.0/8', '10.0.0.1'],
        admin: ['tcp:0.0.0.0:4750'],
      },
      answers: { [name]: ['127.0.0.1', '127.1.1.1', '10.0.0.1'] },
    });
    const answer = await egress.send(`CONNECT ${name}:4750 HTTP/1.1\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 403 .*x-clincher-reason: address-own/s);
    assert.equal(canary.contacts.length, 0);
  });

  const lookups: readonly (readonly [string, () => Promise<string[]>, number, string])[] = [
    ['fails', () => Promise.reject(new Error('SERVFAIL')), 502, 'name-unresolvable'],
    ['answers nothing', async () => [], 502, 'name-unresolvable'],
    ['never answers', () => new Promise(() => {}), 504, 'resolve-timeout'],
    ['answers without end', async () => Array(65).fill('8.8.8.8'), 502, 'answers-too-many'],
  ];
  for (const [what, resolve, status, reason] of lookups) {
    test(`a resolver that ${what} is ${reason}`, async () => {
      const limits = { resolveTimeoutMs: 100 };
      await using egress = await openEgress({ settings: { ...settings, limits }, resolve });
      const answer = await egress.send(connectHead);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*x-clincher-reason: ${reason}`, 's'));
    });
  }

  test('a name that every JavaScript object has is asked of the resolver like any', async () => {
    const rules = [{ caller: 'llm', hosts: ['constructor'] }];
    await using egress = await openEgress({ settings: { rules, resolve: {} }, answers: {} });
    const answer = await egress.send('CONNECT constructor:443 HTTP/1.1\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 502 .*x-clincher-reason: name-unresolvable/s);
    assert.deepEqual(egress.resolved, ['constructor']);
  });

  test('a first address that hangs does not keep the next from being dialled', async () => {
    const second = Promise.withResolvers<never>();
    const dial: Dial = (address) => {
      if (address === '8.8.4.4') second.reject(new Error('no'));
      return second.promise; // The first hangs until the second has been dialled.
    };
    await using egress: RunningEgress = await openEgress({
      settings: { ...settings, limits: { dialAttemptDelayMs: 5 } },
      answers: { [name]: ['8.8.8.8', '8.8.4.4'] },
      dial,
    });
    assert.match(await egress.send(connectHead), /upstream-unreachable/);
  });
});

function refusingDial(dialled: string[]): Dial {
  return (address) => {
    dialled.push(address);
    return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
  };
}
