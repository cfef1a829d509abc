// Verification of the real stack: green as it is, and red for each hole that is planted by starting
// one service from a plan that has it. Real jails, real roles; the agent's place is taken by a
// small program.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OutsideCanaries, openOutside } from '../src/testing/canary-outside.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { differences, shortly } from '../src/testing/raw-verification.ts';
import { bringUpVerified, type VerifiedStack } from '../src/testing/verified-stack.ts';
import type { Report } from '../src/verify/model.ts';
import { furtherHoles, plantedHoles } from '../src/verify/selftest/holes.ts';
import { type Selftest, selftest } from '../src/verify/selftest/selftest.ts';

inOwnNetwork(import.meta.url, {}, () => {
  let outside: OutsideCanaries;
  let stack: VerifiedStack;
  let tested: Selftest;
  let mended: Report;
  before(async () => {
    outside = await openOutside();
    stack = await bringUpVerified();
    tested = await selftest(stack, () => {});
  });
  after(async () => {
    await stack?.[Symbol.asyncDispose]();
    await outside?.[Symbol.asyncDispose]();
  });

  /** All but the numbers that the machine has at the moment. */
  const whatIsSaid = ({ rows }: Report) => rows.map(({ evidence: _, ...row }) => row);

  const shown = (name: string) => {
    const found = tested.shown.find((one) => one.name === name);
    assert.ok(found !== undefined, name);
    return found;
  };

  test('what runs is what was declared, and every attack on it is refused as declared', () => {
    assert.deepEqual(tested.clean.map(shortly), []);
  });

  for (const { name, expected, alone } of plantedHoles) {
    test(`verification finds ${name}`, () => {
      const { rows, missed } = shown(name);
      const found = rows.map(shortly).map((line) => line.replace(/process \d+:/, 'process N:'));
      const missing = expected.filter((line) => !found.includes(line));
      assert.deepEqual(missing, [], found.join('\n'));
      if (alone !== false) {
        const more = found.filter((line) => !expected.includes(line));
        assert.deepEqual(more, []);
      }
      assert.deepEqual(missed, []);
    });
  }

  for (const { name, fires, attacks = [] } of furtherHoles) {
    test(`verification finds ${name}`, () => {
      assert.deepEqual(shown(name).fired, [...fires, ...attacks]);
    });
  }

  test('of what is asked of the kernel and in a sandbox some is given where no jail is', () => {
    const { fired, missed } = shown('no jail at all: the same is asked on the host');
    assert.deepEqual(missed, []);
    assert.ok(fired.length >= 3);
    assert.equal(tested.exitCode, 0);
  });

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
    mended = await stack.verify();
    assert.deepEqual(differences(mended), []);
  });

  test('nobody outside was ever met but by egress, and three runs in a row say the same', async () => {
    outside.forget();
    const report = await stack.verify();
    for (const again of [report, await stack.verify()])
      assert.deepEqual(whatIsSaid(again), whatIsSaid(mended));
    const reached = report.rows.filter(
      ({ to, observed }) => to === 'internet' && observed === 'open',
    );
    assert.deepEqual([...new Set(reached.map(({ from }) => from))], ['egress']);
    assert.ok(outside.contacts.length > 0);
  });
});
