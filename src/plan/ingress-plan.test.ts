// What the user says of the way in is what the ingress is told: every bound, and the sockets it is
// handed in their order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ingressLimitsSchema } from '../config/ingress-limits.ts';
import { ingressSettings } from '../roles/ingress/settings.ts';
import { exampleMachine } from '../testing/example-machine.ts';
import { exampleOptions } from '../testing/example-options.ts';
import type { IngressOptions } from '../topology/ingress-options.ts';
import { reachable } from '../topology/reachability.ts';
import { standardTopology } from '../topology/standard.ts';
import { makePlan } from './make-plan.ts';

function planned(change: Partial<IngressOptions>) {
  const { ingress } = exampleOptions();
  const topology = standardTopology(exampleOptions({ ingress: { ...ingress, ...change } }));
  const { services } = makePlan(topology, exampleMachine());
  const plan = services.find(({ name }) => name === 'ingress') ?? assert.fail();
  return { topology, plan, settings: ingressSettings.parse(plan.settings) };
}

const said = {
  ...{ connectionsMax: 500, connectionsPerClientMax: 50, streamsMax: 32, headerBytesMax: 16_384 },
  ...{ headerTimeoutMs: 5_000, bodyBytesMax: 1_048_576, idleTimeoutMs: 60_000 },
  ...{ clientBytesPerSecondMin: 256, clientGraceMs: 10_000 },
};

test('each bound is told as it was said, and what was not said is as the ingress has it', () => {
  assert.deepEqual(planned({ limits: said }).settings.limits, said);
  const standard = planned({}).settings.limits;
  const names = Object.keys(standard).sort();
  assert.deepEqual(names, Object.keys(ingressLimitsSchema.shape).sort(), 'each has a key');
  for (const [name, value] of Object.entries(said)) {
    const { limits } = planned({ limits: { [name]: value } }).settings;
    assert.deepEqual(limits, { ...standard, [name]: value });
  }
});

test('how often a client may ask is told as it runs: another process it is not', () => {
  const rate = { requests: 100, perSeconds: 60 };
  const [before, after, none] = [planned({}), planned({ rate }), planned({ rate: null })];
  assert.deepEqual(JSON.parse(after.plan.live?.[0]?.content ?? ''), { rate });
  assert.deepEqual(JSON.parse(none.plan.live?.[0]?.content ?? ''), { rate: null });
  assert.equal(after.plan.hash, before.plan.hash);
});

test('the listener without TLS is the second socket, sees one folder, and leads nowhere', () => {
  const plain = { host: '0.0.0.0', port: 80 };
  const { plan, settings, topology } = planned({ plain });
  assert.deepEqual(plan.inherits, [{ host: '127.0.0.1', port: 8_443 }, plain]);
  assert.deepEqual(settings.listen, [{ address: 'fd:3', caller: 'people' }]);
  const [folder] = plan.folders ?? [];
  assert.deepEqual(settings.plain, {
    listen: [{ address: 'fd:4', caller: 'people' }],
    challengesDir: folder?.at,
  });
  assert.equal(folder?.readOnly, true);
  const alone = { ...topology, edges: topology.edges.filter(({ port }) => port !== 'https') };
  assert.deepEqual([...reachable(alone, 'people').keys()], ['ingress']);
  assert.equal(planned({}).settings.plain, undefined);
  assert.deepEqual(planned({}).plan.folders ?? [], []);
});
