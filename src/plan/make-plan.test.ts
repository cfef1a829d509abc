// The plan: what each service is told passes its role's own schema, and any change shows in a hash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type * as z from 'zod';
import { demoSettings } from '../roles/demo/settings.ts';
import { dockerProxySettings } from '../roles/docker-proxy/settings.ts';
import { egressSettings } from '../roles/egress/settings.ts';
import { ingressSettings } from '../roles/ingress/settings.ts';
import { llmSettings } from '../roles/llm/settings.ts';
import { metricsSettings } from '../roles/metrics/settings.ts';
import { relaySettings } from '../roles/relay/settings.ts';
import { anyOptions } from '../testing/any-options.ts';
import { exampleOptions } from '../testing/example-options.ts';
import { hashOf } from '../topology/hash.ts';
import type { StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { makePlan } from './make-plan.ts';
import type { Plan, ServicePlan } from './model.ts';

const machine = { agentRoot: '/srv/clincher/.cache/openclaw-1' };
const schemas: Readonly<Record<string, z.ZodType>> = {
  ingress: ingressSettings,
  relay: relaySettings,
  'docker-proxy': dockerProxySettings,
  llm: llmSettings,
  egress: egressSettings,
  metrics: metricsSettings,
  demo: demoSettings,
};
const build = (change: Partial<StackOptions> = {}) =>
  makePlan(standardTopology(exampleOptions(change)), machine);

function get(plan: Plan, name: string): ServicePlan {
  const service = plan.services.find((each) => each.name === name);
  assert.ok(service, name);
  return service;
}

test('what every role is told passes its own schema, whatever the options', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      for (const { name, role, settings } of makePlan(standardTopology(options), machine)
        .services) {
        const parsed = schemas[role]?.safeParse(JSON.parse(JSON.stringify(settings)));
        assert.ok(parsed?.success, `${name}: ${JSON.stringify(parsed?.error?.issues)}`);
        assert.deepEqual(parsed.data, settings, `${name} relies on a default of its schema`);
      }
    }),
    { numRuns: 60 },
  );
});

test('every socket a service dials is one that its callee listens on, by the same edge', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const { services } = makePlan(standardTopology(options), machine);
      const listened = new Set(
        services.flatMap(({ name, listens }) => listens.map(({ edge }) => `${edge}@${name}`)),
      );
      for (const { dials } of services) {
        for (const { edge, peer } of dials) assert.ok(listened.has(`${edge}@${peer}`), edge);
      }
    }),
    { numRuns: 60 },
  );
});

test('the collector reads the gateway last: who is read first says what a metric is', () => {
  for (const plan of [build(), build({ demo: true })]) {
    const { targets } = metricsSettings.parse(get(plan, 'metrics').settings);
    assert.ok(targets.length > 2);
    assert.equal(targets.at(-1)?.service, 'gateway');
  }
});

test('the same input gives the same bytes', () => {
  assert.equal(JSON.stringify(build()), JSON.stringify(build()));
});

test('another hash means another process: each service hashes everything else it was planned with', () => {
  for (const { hash, ...rest } of build().services) assert.equal(hash, hashOf(rest));
});

const changes: readonly (readonly [string, Partial<StackOptions>, readonly string[]])[] = [
  [
    'another budget',
    {
      budgets: [
        {
          by: 'all',
          name: null,
          limitNanoUsd: 1,
          window: 'day',
          at: { file: 'f', line: 1, column: 1 },
        },
      ],
    },
    ['llm'],
  ],
  [
    'another origin',
    { ingress: { ...exampleOptions().ingress, origin: 'https://agent.example' } },
    ['ingress', 'gateway'],
  ],
  [
    'a Docker socket',
    { sandbox: { dockerSocket: '/run/docker.sock', at: { file: 'f', line: 1, column: 1 } } },
    ['gateway', 'docker-proxy', 'metrics'],
  ],
];
for (const [name, change, expected] of changes) {
  test(`${name} changes the hash of ${expected.join(' and ')} and of nobody else`, () => {
    const before = build();
    const after = build(change);
    const changed = after.services.filter(
      ({ name, hash }) => before.services.find((each) => each.name === name)?.hash !== hash,
    );
    assert.deepEqual(changed.map((service) => service.name).sort(), [...expected].sort());
    assert.notEqual(before.topologyHash, after.topologyHash);
  });
}

test('another agent version is another gateway', () => {
  const topology = standardTopology(exampleOptions());
  const other = makePlan(topology, { agentRoot: '/srv/clincher/.cache/openclaw-2' });
  assert.notEqual(get(build(), 'gateway').hash, get(other, 'gateway').hash);
  assert.equal(get(build(), 'llm').hash, get(other, 'llm').hash);
});

test('callees start before their callers, and the agent holds nobody up', () => {
  const names = build({ demo: true }).services.map(({ name }) => name);
  assert.deepEqual(names, ['ingress', 'egress', 'metrics', 'demo', 'llm', 'gateway']);
});

test('services that call each other in a circle all start', () => {
  const place = { file: 'f', line: 1, column: 1 };
  const { services } = build({
    edges: [{ from: 'egress', to: 'gateway', port: 'http', at: place }],
  });
  const names = services.map(({ name }) => name);
  assert.deepEqual(names, ['ingress', 'metrics', 'llm', 'gateway', 'egress']);
});

test('no secret is in a setting, an argument or a variable: only files of secrets are named', () => {
  const gateway = get(build(), 'gateway');
  assert.deepEqual(gateway.secrets, ['agent-key', 'gateway-token']);
  const told = JSON.stringify([gateway.settings, gateway.files]);
  assert.ok(!told.includes('{{secret:'));
  assert.ok(gateway.files[0]?.content.includes('/run/clincher/secrets/agent-key'));
});

const refused: readonly (readonly [string, Partial<StackOptions>, RegExp])[] = [
  ['driver docker', { driver: 'docker', isolation: 'segmented' }, /driver docker .* not there yet/],
  ['driver swarm', { driver: 'swarm', isolation: 'segmented' }, /driver swarm .* not there yet/],
  ['the reference preset', { preset: 'reference' }, /redis is a program of its own/],
];
for (const [name, change, message] of refused) {
  test(`${name} is refused with a sentence that says so`, () => {
    assert.throws(() => build(change), { code: 'usage', message });
  });
}
