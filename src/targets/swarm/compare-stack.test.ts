// The stack file that was written lets through what is declared and nothing else, whatever the
// topology; and one hole planted in it is found, or refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultPlace } from '../../kit/place.ts';
import { anyOptions } from '../../testing/any-options.ts';
import { dockerSandbox, exampleOptions } from '../../testing/example-options.ts';
import { swarmStack, swarmStackOf } from '../../testing/example-swarm.ts';
import type { StackOptions } from '../../topology/options.ts';
import { standardTopology } from '../../topology/standard.ts';
import { commandsFor } from './commands.ts';
import { compareStack } from './compare-stack.ts';
import { renderSwarm } from './render-swarm.ts';

const at = defaultPlace('clincher.yaml');
const shared = {
  where: { host: 'redis.example.com', port: 6_380, caFile: null },
  ...{ password: null, instance: 'one', instances: 2, at },
};
const stack = swarmStack(exampleOptions({ redis: shared }));
const text = renderSwarm(stack);

test('what is declared gets through, and nothing else', () => {
  const { open, shut, attempts, letThrough } = compareStack(text, stack);
  assert.deepEqual([open, shut], [[], []]);
  assert.ok(attempts > 50, String(attempts));
  for (const line of [
    /^gateway -> llm-2 10\.[0-9.]+\/26:4000$/,
    /^llm-1 -> egress 10\.[0-9.]+\/26:4750$/,
    /^world -> ingress 8443:8443$/,
    /^egress -> internet$/,
  ]) {
    assert.ok(
      letThrough.some((one) => line.test(one)),
      String(line),
    );
  }
});

test('whatever the options, a file says what is declared, and no value of it is expanded', () => {
  fc.assert(
    fc.property(anyOptions, fc.boolean(), (options, encrypted) => {
      const providers = options.providers.map((one) => ({ ...one, caFile: null }));
      const sandbox = { ...options.sandbox, backend: 'none' as const };
      const redis = options.redis === undefined ? undefined : shared;
      const edges = options.edges.filter(({ from, to }) => from !== to);
      const any = swarmStack({ ...options, providers, sandbox, redis, edges }, encrypted);
      const written = renderSwarm(any);
      const { open, shut } = compareStack(written, any);
      assert.deepEqual([open, shut], [[], []]);
      // `docker stack deploy` would take it for a variable.
      assert.ok(!written.includes('$'));
    }),
    { numRuns: 25 },
  );
});

type Hole = readonly [name: string, plant: (text: string) => string, found: RegExp];

const inService = (name: string, plant: (text: string) => string) => (whole: string) => {
  const start = whole.indexOf(`\n  ${name}:\n`);
  const end = whole.indexOf('\n\n', start);
  return whole.slice(0, start) + plant(whole.slice(start, end)) + whole.slice(end);
};
const joined = (network: string) => (one: string) =>
  one.replace('    networks:\n', `    networks:\n      clincher_${network}: {}\n`);

const holes: readonly Hole[] = [
  [
    'metrics is on the network of llm and egress',
    inService('metrics', joined('openclaw-net_llm--egress')),
    /^open: metrics -> egress 10\.\S+:4750$/,
  ],
  [
    'gateway is on the network that leads out',
    inService('gateway', joined('egress-net_egress')),
    /^open: gateway -> internet$/,
  ],
  [
    'llm asks names of anybody',
    inService('llm-1', (one) => one.replace(/ {4}dns:\n.*\n/, '')),
    /^open: llm-1 -> names$/,
  ],
  [
    'llm publishes a port',
    inService('llm-2', (one) =>
      one.replace(
        '    environment:',
        '    ports: [{ target: 4000, published: 4000, protocol: tcp, mode: host }]\n    environment:',
      ),
    ),
    /^open: world -> llm-2 4000:4000$/,
  ],
  [
    'gateway is not on the network of llm',
    inService('gateway', (one) => one.replace(/ {6}clincher_openclaw-net_gateway--llm: .*\n/, '')),
    /^shut: gateway -> llm-1 /,
  ],
  [
    'a network has other addresses than its ends are told',
    (whole) => whole.replace(/(gateway--llm\n(?:.*\n){6}.*subnet: )\S+/, '$110.0.0.0/26'),
    /^shut: gateway -> llm-1 /,
  ],
];
for (const [name, plant, found] of holes) {
  test(`a planted hole is found: ${name}`, () => {
    const planted = plant(text);
    assert.notEqual(planted, text, 'nothing was planted');
    const { open, shut } = compareStack(planted, stack);
    const lines = [...open.map((one) => `open: ${one}`), ...shut.map((one) => `shut: ${one}`)];
    assert.ok(
      lines.some((line) => found.test(line)),
      lines.join('\n'),
    );
  });
}

/** Nothing of what keeps a service in its bounds is missing, or taken back, without being seen. */
const loosened: readonly (readonly [name: string, plant: (text: string) => string])[] = [
  ['a root that can be written', (whole) => whole.replace('read_only: true', 'read_only: false')],
  ['new privileges', (whole) => whole.replace(/ +- --no-new-privileges\n/, '')],
  ['capabilities', (whole) => whole.replace('cap_drop:\n    - ALL', 'cap_drop: [NET_RAW]')],
  [
    'one more capability',
    (whole) => whole.replace(/hostname: llm-1/, '$&\n    cap_add: [NET_RAW]'),
  ],
  ['root', (whole) => whole.replace(/user: .*/, 'user: "0:0"')],
  [
    'an image by its name',
    (whole) => whole.replace(/image: sha256:\w+/, 'image: clincher/roles:1'),
  ],
  ['a folder of the node', (whole) => whole.replace('type: volume', 'type: bind')],
  ['no limit of processes', (whole) => whole.replace(/ +pids: .*\n/, '')],
  ['two that write to one ledger', (whole) => whole.replace('replicas: 1', 'replicas: 2')],
  [
    'an address by the kernel',
    (whole) => whole.replace('endpoint_mode: dnsrr', 'endpoint_mode: vip'),
  ],
  ['a port of the mesh', (whole) => whole.replace('mode: host', 'mode: ingress')],
  ['a network that leads out', (whole) => whole.replace('internal: true', 'internal: false')],
  [
    'one that anybody can join',
    (whole) => whole.replace('internal: true', '$&\n    attachable: true'),
  ],
  ['a resolver that asks on', (whole) => whole.replace('- 127.0.0.1', '- 192.0.2.1')],
  ['a secret that others read', (whole) => whole.replace('mode: 0400', 'mode: 0444')],
];
for (const [name, plant] of loosened) {
  test(`a file that gives more is not taken for one of ours: ${name}`, () => {
    const planted = plant(text);
    assert.notEqual(planted, text, 'nothing was planted');
    assert.throws(() => compareStack(planted, stack), { name: 'ZodError' });
  });
}

test('what goes between nodes is encrypted, unless it was said otherwise, and then told', () => {
  const count = (of: string, what: string) => of.split(what).length - 1;
  assert.ok(count(text, 'driver: overlay') > 5);
  assert.equal(count(text, "encrypted: ''"), count(text, 'driver: overlay'));
  const open = renderSwarm({ ...stack, encrypted: false });
  assert.equal(count(open, "encrypted: ''"), 0);
  assert.match(open, /^# NOT ENCRYPTED: /m);
});

test('each instance of llm is another to Redis, and metrics reads each', () => {
  const told = (name: string) =>
    JSON.stringify(stack.services.find(({ plan }) => plan.name === name)?.plan.settings);
  assert.match(told('llm-1'), /"instance":"one-1"/);
  assert.match(told('llm-2'), /"service":"llm-2".*"instance":"one-2"/);
  assert.match(told('metrics'), /tcp:llm-1@.*tcp:llm-2@/);
  assert.match(told('gateway'), /tcp:llm@/);
});

test('a purpose that somebody else wrote stays in its comment', () => {
  const { topology } = stack;
  const edges = topology.edges.map((one) => ({ ...one, purpose: 'calls\nservices: {}\r\n# x' }));
  const hostile = swarmStackOf({ ...topology, edges });
  const { open, shut } = compareStack(renderSwarm(hostile), hostile);
  assert.deepEqual([open, shut], [[], []]);
});

test('only what is on one node alone is labelled for it, and each recipe is for a network', () => {
  const lines = commandsFor(stack, 'stack.yaml').flatMap((one) => one.lines);
  const labelled = lines.flatMap(
    (line) => /--label-add clincher\.(\S+)=here/.exec(line)?.[1] ?? [],
  );
  assert.deepEqual(labelled.sort(), ['egress', 'gateway', 'ingress', 'llm-1', 'llm-2']);
  const recipes = lines.filter((line) => line.includes('--config-only'));
  assert.deepEqual(
    recipes.map((line) => [/(\S+)_here$/.exec(line)?.[1], line.includes('masquerade=false')]),
    [
      ['clincher_egress-net_egress', false],
      ['clincher_proxy-net_ingress', true],
    ],
  );
});

const [provider] = exampleOptions().providers;
assert.ok(provider !== undefined);
const refused: readonly (readonly [string, Partial<StackOptions>, RegExp])[] = [
  ['a sandbox', { sandbox: dockerSandbox('/run/docker.sock') }, /in a swarm no daemon makes/],
  ['a file', { providers: [{ ...provider, caFile: '/srv/ca.pem' }] }, /llm needs \/srv\/ca.pem/],
  [
    'what a CA asks for over HTTP',
    { ingress: { ...exampleOptions().ingress, plain: { host: '0.0.0.0', port: 80 } } },
    /ingress listens without TLS for a CA/,
  ],
  ['too many instances', { redis: { ...shared, instances: 25 } }, /at most 24 instances/],
  [
    'a program of the user’s own',
    {
      services: [
        { name: 'search', zone: 'openclaw-net', image: 'search:1', argv: ['/search'], at },
      ],
    },
    /search is a program of its own, and driver swarm cannot run those yet/,
  ],
];
for (const [name, change, message] of refused) {
  test(`what a task cannot have is refused, with what to do: ${name}`, () => {
    assert.throws(() => renderSwarm(swarmStack(exampleOptions(change))), {
      code: 'usage',
      message,
    });
  });
}

test('a chosen address to listen at is refused: Swarm would publish at all of them', () => {
  const isolated = { driver: 'swarm', isolation: 'segmented' } as const;
  const chosen = swarmStackOf(standardTopology(exampleOptions(isolated)));
  assert.throws(() => renderSwarm(chosen), /publishes on every address.*ingress listens at 127/);
});
