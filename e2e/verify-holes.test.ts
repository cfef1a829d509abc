// Verification of the real stack: green as it is, and red for each hole that is planted by starting
// one service from a plan that has it. Real jails, real roles; the agent's place is taken by a
// small program.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OutsideCanaries, openOutside } from '../src/testing/canary-outside.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { plantedHoles } from '../src/testing/planted-holes.ts';
import { differences } from '../src/testing/raw-verification.ts';
import { bringUpVerified, type VerifiedStack } from '../src/testing/verified-stack.ts';

inOwnNetwork(import.meta.url, {}, () => {
  let outside: OutsideCanaries;
  let stack: VerifiedStack;
  before(async () => {
    outside = await openOutside();
    stack = await bringUpVerified();
  });
  after(async () => {
    await stack?.[Symbol.asyncDispose]();
    await outside?.[Symbol.asyncDispose]();
  });

  test('what runs is what was declared', async (context) => {
    const report = await stack.verify();
    assert.deepEqual(differences(report), []);
    assert.equal(report.exitCode, 0);
    context.diagnostic(`${report.rows.length} rows in ${report.durationMs} ms`);
  });

  for (const { name, service, change, expected, alone } of plantedHoles) {
    test(`verification finds ${name}`, async () => {
      await stack.plant(service, (plan) => change(plan, stack));
      const report = await stack.verify();
      await stack.plant(service, () => ({}));
      const found = differences(report).map((line) => line.replace(/process \d+:/, 'process N:'));
      const missing = expected.filter((line) => !found.includes(line));
      assert.deepEqual(missing, [], found.join('\n'));
      if (alone !== false) {
        const more = found.filter((line) => !expected.includes(line));
        assert.deepEqual(more, []);
      }
      assert.equal(report.exitCode, 1);
    });
  }

  test('a service that was stopped, and its edges, are named', async () => {
    await stack.driver.apply({ kind: 'stop', name: 'docker-proxy' });
    const found = differences(await stack.verify());
    assert.ok(
      found.includes('docker-proxy -> docker-proxy process the service itself: absent'),
      found.join('\n'),
    );
    const edge = 'gateway -> docker-proxy unix /run/clincher/out/docker-proxy.api/sock';
    assert.ok(found.some((line) => line === `${edge}: absent` || line === `${edge}: down`));
    await stack.plant('docker-proxy', () => ({}));
    assert.deepEqual(differences(await stack.verify()), []);
  });

  test('nobody outside was ever met but by egress', async () => {
    outside.forget();
    const report = await stack.verify();
    const reached = report.rows.filter(
      ({ to, observed }) => to === 'internet' && observed === 'open',
    );
    assert.deepEqual([...new Set(reached.map(({ from }) => from))], ['egress']);
    assert.ok(outside.contacts.length > 0);
  });
});
