// The plan: what each service is told passes its role's own schema, and any change shows in a hash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type * as z from 'zod';
import { demoSettings } from '../roles/demo/settings.ts';
import { checkedDockerProxySettings } from '../roles/docker-proxy/check-settings.ts';
import { dockerProxySettings } from '../roles/docker-proxy/settings.ts';
import { egressSettings } from '../roles/egress/settings.ts';
import { ingressSettings } from '../roles/ingress/settings.ts';
import { llmSettings } from '../roles/llm/settings.ts';
import { metricsSettings } from '../roles/metrics/settings.ts';
import { relaySettings } from '../roles/relay/settings.ts';
import { sandboxSettings } from '../roles/sandbox/settings.ts';
import { anyOptions } from '../testing/any-options.ts';
import { exampleMachine } from '../testing/example-machine.ts';
import { dockerSandbox, exampleOptions, exampleSandbox } from '../testing/example-options.ts';
import { hashOf } from '../topology/hash.ts';
import type { StackOptions } from '../topology/options.ts';
import { agentSandboxes, agentWorkspace, jailMaker } from '../topology/sandbox.ts';
import { standardTopology } from '../topology/standard.ts';
import { endsOf } from './ends.ts';
import type { Machine } from './machine.ts';
import { makePlan } from './make-plan.ts';
import type { Plan, ServicePlan } from './model.ts';
import { settingsOf } from './role-settings.ts';

const machine = exampleMachine();
const schemas: Readonly<Record<string, z.ZodType>> = {
  ingress: ingressSettings,
  relay: relaySettings,
  sandbox: sandboxSettings,
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
        for (const { edge, peer } of dials.filter(({ peer }) => peer !== jailMaker)) {
          assert.ok(listened.has(`${edge}@${peer}`), edge);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('llm dials a Redis of the stack on a bridge of the two, and any other through egress', () => {
  const at = { file: 'f', line: 1, column: 1 };
  const services = [{ name: 'state', zone: 'openclaw-net', image: null, argv: ['redis'], at }];
  const dialOf = (where: NonNullable<StackOptions['redis']>['where']) => {
    const shared = { password: null, instance: 'one', instances: 2, at };
    const redis = { ...shared, where };
    const options = exampleOptions({ driver: 'docker', isolation: 'sealed', services, redis });
    const topology = standardTopology(options);
    const llm = topology.services.find(({ name }) => name === 'llm');
    assert.ok(llm);
    const settings = settingsOf(topology, llm, endsOf(topology, llm, machine), machine);
    return llmSettings.parse(settings).dial['redis.shared'];
  };
  const out = '/run/clincher/out';
  const { direct } = dialOf({ service: 'state' }) as { direct: string };
  assert.match(direct, /^tcp:10\.[0-9.]+:6379$/);
  const elsewhere = dialOf({ host: 'redis.example.com', port: 6_379, caFile: null });
  assert.deepEqual(elsewhere, { egress: `unix:${out}/egress.proxy/sock` });
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
  for (const { hash, live: _, ...rest } of build().services) assert.equal(hash, hashOf(rest));
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
    { sandbox: dockerSandbox('/run/docker.sock') },
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
  const other = makePlan(topology, exampleMachine({ agentRoot: '/srv/2' }));
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
  [
    'a jail made by a container',
    { driver: 'docker', isolation: 'segmented', sandbox: exampleSandbox({ backend: 'ssh' }) },
    /driver docker makes no jails/,
  ],
  [
    'driver swarm on the networks of the reference',
    { driver: 'swarm', isolation: 'reference' },
    /driver swarm with isolation reference is not there yet/,
  ],
  ['the reference preset', { preset: 'reference' }, /redis is a program of its own/],
];
for (const [name, change, message] of refused) {
  test(`${name} is refused with a sentence that says so`, () => {
    assert.throws(() => build(change), { code: 'usage', message });
  });
}

test('a stack of root has no containers, which would not be root, unless it is said who they are', () => {
  const docker = dockerSandbox('/run/docker.sock');
  const plan = (sandbox: StackOptions['sandbox']) =>
    makePlan(standardTopology(exampleOptions({ sandbox })), exampleMachine({ user: root }));
  const root = { uid: 0, gid: 0 };
  assert.throws(() => plan(docker), { code: 'usage', message: /root runs this stack/ });
  const named = plan({ ...docker, shape: { ...docker.shape, user: '1000:1000' } });
  assert.equal(templateOf(named)?.user, '1000:1000');
  assert.ok(plan({ ...docker, docker: { ...docker.docker, profile: 'observe' } }));
});

test('calls that the user lists reach docker-proxy, with the template and their places', () => {
  const sandbox = dockerSandbox('/run/docker.sock');
  const at = 'clincher.yaml:9:7';
  const call = { method: 'POST' as const, path: '/containers/create', query: ['name'] };
  const calls = [{ ...call, body: 'template' as const, unsafeUnscoped: false, at }];
  const docker = { ...sandbox.docker, profile: 'custom' as const, calls };
  const plan = build({ sandbox: { ...sandbox, docker } });
  const settings = checkedDockerProxySettings.parse(get(plan, 'docker-proxy').settings);
  assert.deepEqual([settings.profile, settings.custom], ['custom', calls]);
  assert.ok(settings.template?.commandsOnly);
});

test('containers are of who runs the stack, whose files they share, and never of the group root', () => {
  const sandbox = dockerSandbox('/run/docker.sock');
  const userOf = (user: Machine['user']) =>
    templateOf(makePlan(standardTopology(exampleOptions({ sandbox })), exampleMachine({ user })))
      ?.user;
  assert.equal(userOf({ uid: 1_001, gid: 1_002 }), '1001:1002');
  assert.equal(userOf({ uid: 1_001, gid: 0 }), '1001:1001');
});

test('what a sandbox shares is, for the agent, nothing it can move, and for docker-proxy where the daemon finds it', () => {
  const docker = dockerSandbox('/run/docker.sock');
  const binds = [{ source: `${agentWorkspace}/books`, target: '/books', readOnly: true }];
  const plan = build({ sandbox: { ...docker, shape: { ...docker.shape, binds } } });
  const kept = (name: string) =>
    get(plan, name).folders?.map(({ at, readOnly }) => `${at} ${readOnly}`);
  assert.deepEqual(kept('gateway'), [`${agentSandboxes} false`, `${agentWorkspace} false`]);
  assert.deepEqual(kept('docker-proxy'), [
    `${machine.agentState}/sandboxes true`,
    `${machine.agentState}/workspace true`,
  ]);
  assert.deepEqual(
    templateOf(plan)?.binds.map(({ source, hostSource, target, below }) => [
      ...[source, hostSource, target, below],
    ]),
    [
      [agentSandboxes, `${machine.agentState}/sandboxes`, '/workspace', true],
      [`${agentWorkspace}/books`, `${machine.agentState}/workspace/books`, '/books', false],
    ],
  );
  for (const { name, folders } of build().services) {
    // What the host notes for metrics is the other thing that is shared.
    if (name !== 'metrics') assert.equal(folders, undefined, name);
  }
});

test('stacks on one daemon have names and labels of their own, which the agent leaves whole', () => {
  const of = (agentState: string) => {
    const sandbox = dockerSandbox('/run/docker.sock');
    const topology = standardTopology(exampleOptions({ sandbox }));
    const plan = makePlan(topology, exampleMachine({ agentState }));
    const { scope } = dockerProxySettings.parse(get(plan, 'docker-proxy').settings);
    return [scope, ...(templateOf(plan)?.names ?? [])];
  };
  const [one, other] = [of('/srv/a'), of('/srv/b')];
  assert.ok(one[0] !== other[0] && one[1] !== other[1]);
  // The agent adds 42 characters and cuts at 63.
  assert.ok((one[1] ?? '').length - 1 <= 21);
});

function templateOf(plan: Plan) {
  return dockerProxySettings.parse(get(plan, 'docker-proxy').settings).template;
}
