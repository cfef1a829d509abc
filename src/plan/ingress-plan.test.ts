// What the user says of the way in is what the ingress is told: every bound, and the sockets it is
// handed in their order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ingressLimitsSchema } from '../config/ingress-limits.ts';
import { ingressSettings } from '../roles/ingress/settings.ts';
import { exampleContainers } from '../testing/example-containers.ts';
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

test('nginx or Caddy is mounted into the jail, and told where its socket is bound', () => {
  const program = { name: 'nginx', version: '1.22.1' } as const;
  const { plan, settings } = planned({ program });
  assert.deepEqual(plan.mounts, [
    { source: '/usr/sbin/nginx', target: '/opt/ingress', readOnly: true },
  ]);
  const bound = 'tcp:127.0.0.1:8443';
  assert.deepEqual(settings.program, { name: 'nginx', file: '/opt/ingress', bound });
  assert.deepEqual([planned({}).plan.mounts, planned({}).settings.program], [[], undefined]);
});

test('in a container it is in the image, which is no other service’s', () => {
  const { ingress } = exampleOptions();
  const program = { name: 'caddy', version: '2.6.2' } as const;
  const options = exampleOptions({
    ...{ driver: 'docker', isolation: 'segmented', ingress: { ...ingress, program } },
  });
  const containers = exampleContainers();
  const image = { ...containers.roles, reference: 'clincher/caddy:0123456789ab' };
  const machine = exampleMachine({ containers: { ...containers, ingress: image } });
  const { services } = makePlan(standardTopology(options), machine);
  const images = services.map(({ name, container }) => [name, container?.image]);
  const withCaddy = images.filter(([, reference]) => reference === image.reference);
  assert.deepEqual(withCaddy, [['ingress', image.reference]]);
  const plan = services.find(({ name }) => name === 'ingress') ?? assert.fail();
  const told = ingressSettings.parse(plan.settings);
  assert.deepEqual(told.program, { name: 'caddy', file: '/usr/bin/caddy' });
  assert.deepEqual(plan.mounts, []);
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
