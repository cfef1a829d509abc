// What a service reads again while it runs is given to it where it runs: other files, the same
// process. Who does not read it again is not given it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../src/kit/secret.ts';
import type { ServicePlan } from '../src/plan/model.ts';
import { inside } from '../src/plan/paths.ts';
import { observed } from '../src/testing/driver-contract.ts';
import { openEmbeddedWorld } from '../src/testing/embedded-world.ts';
import { tinyService } from '../src/testing/tiny-service.ts';

const path = `${inside.live}/rules.json`;
const secret = `${inside.secrets}/ingress-tls-cert`;
const read = `
  import { existsSync, readFileSync } from 'node:fs';
  const text = (path) => existsSync(path) ? readFileSync(path, 'utf8') : null;
  console.log(JSON.stringify([${JSON.stringify(path)}, ${JSON.stringify(secret)}].map(text)));
`;

test('other rules and secrets reach a service that reads them again, and its process stays', async () => {
  let value = 'first';
  const world = await openEmbeddedWorld({ secrets: async () => new Secret(value) });
  const { driver } = world;
  const told = async (name: string) => JSON.parse(await driver.probe(name, read, null, 10_000));
  try {
    const service = tinyService(
      'door',
      {},
      {
        secrets: ['ingress-tls-cert'],
        live: [{ path, content: 'one' }],
      },
    );
    const plain = tinyService('plain', {}, { secrets: ['ingress-tls-cert'] });
    for (const each of [service, plain]) await driver.apply({ kind: 'start', service: each });
    const before = await observed(driver, 'door');
    assert.deepEqual(await told('door'), ['one', 'first']);
    value = 'second';
    const next: ServicePlan = { ...service, live: [{ path, content: 'two' }] };
    await driver.apply({ kind: 'refresh', service: next });
    await driver.apply({ kind: 'refresh', service: plain });
    assert.deepEqual(await told('door'), ['two', 'second']);
    assert.deepEqual(await told('plain'), [null, 'first']);
    assert.equal((await observed(driver, 'door'))?.pid, before?.pid);
    // Started again by the supervisor, it finds what it was given last.
    process.kill(before?.pid ?? assert.fail('it does not run'), 'SIGKILL');
    while ((await observed(driver, 'door'))?.state !== 'ready') {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(await told('door'), ['two', 'second']);
  } finally {
    await world.close();
  }
});
