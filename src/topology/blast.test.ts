// What a taken service gives: each planted right, secret or way is found, and makes it worse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blastGraph, blastTable, blastText, type Taken } from '../render/blast.ts';
import { exampleOptions } from '../testing/example-options.ts';
import { exampleTopology, withEdge, withRights, withService } from '../testing/example-topology.ts';
import { type Blast, blast } from './blast.ts';
import type { Topology } from './model.ts';
import { gatewayToken, providerKey } from './secrets.ts';
import { referenceBeside, standardTopology } from './standard.ts';

const plain = standardTopology(exampleOptions({}));

function of(topology: Topology, name: string): Blast {
  const [one] = blast(topology, name);
  assert.ok(one !== undefined);
  return one;
}

test('the agent of the default stack has a budget, a few hosts, and nothing of the host', () => {
  const { host, money, beside, asks, leaves } = of(plain, 'gateway');
  assert.deepEqual(host, []);
  assert.deepEqual(beside, []);
  assert.equal(money.kind, 'budgets');
  assert.deepEqual(asks.map(({ to }) => to).sort(), ['llm']);
  assert.ok(leaves.every(({ hosts }) => hosts !== null));
  assert.ok(leaves.some(({ by }) => by === 'answers to people'));
});

test('llm alone spends past every budget, egress alone reaches anywhere', () => {
  const all = blast(plain);
  assert.deepEqual(
    all.filter(({ money }) => money.kind === 'keys').map(({ service }) => service),
    ['llm'],
  );
  const anywhere = all.filter(({ leaves }) => leaves.some(({ hosts }) => hosts === null));
  assert.deepEqual(
    anywhere.map(({ service }) => service),
    ['egress'],
  );
});

const anthropic = providerKey('anthropic');
const planted: readonly (readonly [
  string,
  (topology: Topology) => Topology,
  (one: Blast) => boolean,
])[] = [
  [
    "a provider's key",
    (topology) =>
      withService(topology, 'gateway', ({ holds }) => ({ holds: [...holds, anthropic] })),
    ({ money }) => money.kind === 'keys' && money.keys.includes(anthropic),
  ],
  [
    'a network with a route',
    (topology) => withRights(topology, 'gateway', { network: 'outside' }),
    ({ leaves, host }) => leaves.some(({ hosts }) => hosts === null) && host.length > 0,
  ],
  [
    'a capability',
    (topology) => withRights(topology, 'gateway', { capabilities: ['CAP_SYS_ADMIN'] }),
    ({ host }) => host.includes('capability CAP_SYS_ADMIN'),
  ],
  [
    'a folder of the host',
    (topology) => {
      const mounts = [{ source: '/etc', target: '/host', readOnly: false }];
      return withRights(topology, 'gateway', { mounts });
    },
    ({ host }) => host.includes('writes /etc'),
  ],
  [
    'the Docker socket',
    (topology) => withEdge(topology, { from: 'gateway', to: 'docker.sock', port: 'api' }),
    ({ host }) => host.some((one) => one.startsWith('root on the host')),
  ],
  [
    'an edge to egress',
    (topology) => {
      const edge = { from: 'gateway', to: 'egress', port: 'proxy', protocol: 'connect' } as const;
      return withEdge(topology, { ...edge, hosts: ['api.example.com'] });
    },
    ({ asks }) => asks.some(({ to }) => to === 'egress'),
  ],
];
const { egress } = exampleOptions({});
const withDocker = exampleTopology({ egress: { ...egress, rules: [] } });
for (const [name, plant, shows] of planted) {
  test(`${name} in the agent's hands is shown, and makes it worse`, () => {
    const before = of(withDocker, 'gateway');
    const after = of(plant(withDocker), 'gateway');
    assert.equal(shows(before), false);
    assert.equal(shows(after), true);
    assert.ok(after.weight > before.weight);
  });
}

test('on shared bridges every neighbour is within reach, and the Docker proxy is the host', () => {
  const reference = referenceBeside(exampleOptions({}));
  assert.ok(of(reference, 'gateway').beside.includes('redis'));
  assert.equal(blast(reference)[0]?.service, 'docker-proxy');
  const names = new Set(reference.services.map(({ name }) => name));
  for (const { service, beside } of blast(reference)) {
    assert.ok(beside.every((other) => names.has(other) && other !== service));
  }
});

test('the text, the table and the pictures say it', () => {
  const gateway = of(plain, 'gateway');
  const text = blastText([gateway]);
  assert.match(text, /^if gateway is taken over\n {2}of the host {3}nothing$/m);
  assert.ok(text.includes(`${gatewayToken}: is the operator`));
  const table = blastTable(blast(plain), blast(referenceBeside(exampleOptions({}))), 'reference');
  assert.match(table, /^docker-proxy +- +the host, /m);
  assert.match(
    blastGraph([['here', plain, gateway]], 'dot'),
    /"gateway" \[style=filled, fillcolor="#d9534f"\]/,
  );
  assert.match(blastGraph([['here', plain, gateway]], 'mermaid'), /style n\d+ fill:#d9534f/);
});

test('beside one another no name of the one stack is a name of the other', () => {
  const reference = referenceBeside(exampleOptions({}));
  const taken: readonly Taken[] = [
    ['here', plain, of(plain, 'gateway')],
    ['reference', reference, of(reference, 'gateway')],
  ];
  const dot = blastGraph(taken, 'dot');
  assert.match(dot, /"0 gateway" \[style=filled, fillcolor="#d9534f"\]/);
  assert.match(dot, /"1 gateway" \[style=filled, fillcolor="#d9534f"\]/);
  assert.match(dot, /"1 gateway" \[label="gateway"\]/);
  const nodes = [...dot.matchAll(/"([^"]+)" -> "([^"]+)"/g)].map(([, from = '', to = '']) =>
    [from[0], to[0]].join(),
  );
  assert.deepEqual([...new Set(nodes)].toSorted(), ['0,0', '1,1']);
  const mermaid = blastGraph(taken, 'mermaid');
  assert.match(mermaid, /style p0n\d+ fill:#d9534f/);
  assert.match(mermaid, /style p1n\d+ fill:#d9534f/);
  assert.match(mermaid, /subgraph part1 \["reference: gateway is taken over"\]/);
});

test('a name that is no service is told, with those there are', () => {
  assert.throws(() => blast(plain, 'gatway'), { code: 'unknown-service', fix: /gateway/ });
});
