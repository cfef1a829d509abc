// What every ingress has to do, done by each there is. What one of
// them is said not to be able to do has to fail.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type IngressProperty, ingressProperties, lackOf } from '../../policy/ingress-programs.ts';
import { startIngress } from '../../testing/ingress.ts';
import { ingressCases } from '../../testing/ingress-contract/index.ts';
import { gateway, type Start } from '../../testing/ingress-contract/model.ts';
import { ingressPrograms } from './settings.ts';

const at = { timeout: 45_000 };
/** Most of the time is spent waiting for clients to be too slow. */
const concurrency = 3;

for (const program of [undefined, ...ingressPrograms]) {
  const start: Start = (routes, more) => startIngress(routes, { ...more, program });
  describe(program ?? 'our own server', { concurrency }, () => {
    const version = program === undefined ? null : versionOf(start);
    for (const { property, name, run } of ingressCases) {
      test(`${name} (${property})`, at, async () => {
        const why = program === undefined ? null : lackOf(program, (await version) ?? '', property);
        if (why === null) return run(start);
        // One that it can do after all is as wrong in the list as one that is missing there.
        await assert.rejects(run(start), `${program} can, though it is said that ${why}`);
      });
    }
  });
}

test('each property has a case', () => {
  const asked = new Set<IngressProperty>(ingressCases.map(({ property }) => property));
  assert.deepEqual([...asked].sort(), Object.keys(ingressProperties).sort());
});

async function versionOf(start: Start): Promise<string | null> {
  await using ingress = await start([gateway]);
  return ingress.version();
}
