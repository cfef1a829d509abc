// The policies that were written let through what is declared and nothing else, whatever the
// topology; and one hole planted in them is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultPlace } from '../../../kit/place.ts';
import { anyOptions } from '../../../testing/any-options.ts';
import { clusterStack } from '../../../testing/example-cluster.ts';
import { exampleOptions } from '../../../testing/example-options.ts';
import { edgeId, type Topology } from '../../../topology/model.ts';
import { standardTopology } from '../../../topology/standard.ts';
import { templates } from '../../../topology/templates.ts';
import { renderKubernetes } from '../render-kubernetes.ts';
import { compareReach, type Difference } from './differences.ts';
import { isNameMeant } from './simulate.ts';

const at = defaultPlace('clincher.yaml');
const egress = {
  ...{ resolve: {}, unsafeAllowAddresses: ['10.9.8.7:11434', '10.8.0.0/16'], at },
  rules: [
    { caller: 'gateway', hosts: ['*.example.org', '**.example.net'], ports: [443, 8_443], at },
  ],
};
const topology = standardTopology(exampleOptions({ egress }));
const [plain, cilium] = [clusterStack(topology), clusterStack(topology, 'cilium')];

test('what is declared gets through, and nothing else: with the names left to egress', () => {
  const { attempts, letThrough, differences } = compareReach(renderKubernetes(plain), plain);
  assert.deepEqual(differences, []);
  assert.ok(attempts > 10_000 && letThrough > 20, `${letThrough} of ${attempts}`);
});

test('what is declared gets through, and nothing else: with Cilium holding the names too', () => {
  const { differences } = compareReach(renderKubernetes(cilium), cilium);
  assert.deepEqual(differences, []);
});

/** Others than there are in any stack, with edges at random among all. */
const drawn: fc.Arbitrary<Topology> = fc
  .tuple(
    anyOptions,
    fc.nat(4),
    fc.array(fc.tuple(fc.nat(20), fc.nat(20), fc.constantFrom('api', 'admin', '7000'))),
  )
  .map(([options, more, pairs]) => {
    const providers = options.providers.map((one) => ({ ...one, caFile: null }));
    const sandbox = { ...options.sandbox, backend: 'none' as const };
    const base = standardTopology({ ...options, providers, sandbox, redis: undefined });
    const services = [
      ...base.services,
      ...Array.from({ length: more }, (_, index) => ({
        ...{ name: `extra-${index}`, host: 'app' as const, zones: ['openclaw-net'], at },
        ...{ run: { role: 'demo' as const }, rights: templates.demo, holds: [] },
      })),
    ];
    const own = services.filter(({ host }) => host === 'app').map(({ name }) => name);
    const edges = pairs.map(([one, other, port]) => {
      const [from = '', to = ''] = [own[one % own.length], own[other % own.length]];
      const rest = { protocol: 'tcp', zone: 'openclaw-net', purpose: 'drawn', at } as const;
      return { id: edgeId(from, to, port), from, to, port, ...rest };
    });
    const all = new Map([...base.edges, ...edges].map((edge) => [edge.id, edge]));
    return { ...base, services, edges: [...all.values()] };
  });

test('whatever the topology, its policies let through its edges and nothing else', () => {
  fc.assert(
    fc.property(drawn, fc.constantFrom('egress', 'cilium'), (any, names) => {
      const stack = clusterStack(any, names);
      assert.deepEqual(compareReach(renderKubernetes(stack), stack).differences, []);
    }),
    { numRuns: 12 },
  );
});

type Hole = readonly [
  name: string,
  plant: (text: string) => string,
  found: Partial<Difference>,
  cilium?: true,
];

/** Takes the whole object away. */
const without = (kind: string, name: string) => (text: string) =>
  text
    .split('---\n')
    .filter((one) => !(one.includes(`kind: ${kind}\n`) && one.includes(`name: ${name}\n`)))
    .join('---\n');
/** Within the policy of one service. */
const policy = (name: string, plant: (text: string) => string) => (text: string) =>
  text
    .split('---\n')
    .map((one) =>
      one.includes('kind: NetworkPolicy\n') && one.includes(`\n  name: ${name}\n`)
        ? plant(one)
        : one,
    )
    .join('---\n');
const labelled = (name: string) => `matchLabels:\n +clincher.service: ${name}`;

const holes: readonly Hole[] = [
  [
    'no policy selects llm',
    (text) => without('NetworkPolicy', 'default-deny')(without('NetworkPolicy', 'llm')(text)),
    { kind: 'open', from: 'llm', to: 'a public address', port: 443 },
  ],
  [
    'the policy of llm is gone, and its edges with it',
    without('NetworkPolicy', 'llm'),
    { kind: 'shut', from: 'gateway', to: 'llm' },
  ],
  [
    'who calls llm is everybody of the namespace',
    policy('llm', (text) => text.replace(new RegExp(labelled('gateway')), 'matchLabels: {}')),
    { kind: 'open', from: 'a pod of the namespace that is not ours', to: 'llm' },
  ],
  [
    'who calls llm is whoever calls itself so, in any namespace',
    policy('llm', (text) =>
      text.replace(/- podSelector:\n( +)(matchLabels:\n +clincher.service: gateway)/, (all) =>
        all.replace('- podSelector', '- namespaceSelector: {}\n          podSelector'),
      ),
    ),
    { kind: 'open', from: 'a pod of another namespace that calls itself gateway', to: 'llm' },
  ],
  [
    'the caller of llm is another',
    policy('llm', (text) => text.replace('clincher.service: gateway', 'clincher.service: ingress')),
    { kind: 'shut', from: 'gateway', to: 'llm' },
  ],
  [
    'a port of llm is one off',
    policy('llm', (text) => text.replace(/port: (\d+)/, (_, port) => `port: ${Number(port) + 1}`)),
    { kind: 'shut', from: 'gateway', to: 'llm' },
  ],
  [
    'the ports of llm are left out',
    policy('llm', (text) => text.replace(/ +ports:\n +- protocol: TCP\n +port: \d+\n/, '')),
    { kind: 'open', end: 'to', from: 'gateway', to: 'llm', port: 22 },
  ],
  [
    'gateway may leave for anywhere',
    policy('gateway', (text) => text.replace(/ {2}egress:\n[\s\S]*/, '  egress:\n    - {}\n')),
    { kind: 'open', from: 'gateway', to: '169.254.169.254' },
  ],
  [
    'gateway is held inwards alone',
    (text) =>
      without(
        'NetworkPolicy',
        'default-deny',
      )(
        policy('gateway', (one) =>
          one.replace(/ {4}- Egress\n/, '').replace(/ {2}egress:[\s\S]*/, ''),
        )(text),
      ),
    { kind: 'open', from: 'gateway', to: 'a public address' },
  ],
  [
    'egress may reach the metadata of the machine',
    policy('egress', (text) => text.replace(/ +- 169.254.0.0\/16\n/, '')),
    { kind: 'open', from: 'egress', to: '169.254.169.254', port: 443 },
  ],
  [
    'egress may reach what is private by 6to4',
    policy('egress', (text) => text.replace(/ +- 2002::\/16\n/, '')),
    { kind: 'open', from: 'egress', to: '2002:a00::1', port: 443 },
  ],
  [
    'egress asks any pod of any namespace for names',
    policy('egress', (text) =>
      text.replace(/matchLabels:\n +kubernetes.io\/metadata.name: kube-system/, 'matchLabels: {}'),
    ),
    { kind: 'open', from: 'egress', to: 'what calls itself the resolver elsewhere', port: 53 },
  ],
  [
    'the agent has a port of its machine',
    (text) => text.replace('- containerPort: ', '- hostPort: 1\n              containerPort: '),
    { kind: 'open', to: 'ingress' },
  ],
  [
    'two pods have one label',
    (text) => text.replaceAll(/( {6,8}labels:\n +clincher.service: )metrics/g, '$1llm'),
    { kind: 'open', from: 'metrics', to: 'egress' },
  ],
  [
    'Cilium lets any name through',
    (text) => text.replace(/toFQDNs:\n +- matchName: \S+/, "toFQDNs:\n        - matchPattern: '*'"),
    { kind: 'open', from: 'egress', to: 'another name', port: 443 },
    true,
  ],
  [
    'a policy beside the one of Cilium lets every address through',
    policy('egress', (text) => `${text}  egress:\n    - ports:\n        - port: 443\n`),
    { kind: 'open', from: 'egress', to: 'a public address', port: 443 },
    true,
  ],
];

for (const [name, plant, expected, byName] of holes) {
  test(`a planted hole is found: ${name}`, () => {
    const stack = byName ? cilium : plain;
    const text = renderKubernetes(stack);
    const planted = plant(text);
    assert.notEqual(planted, text, 'nothing was planted');
    const { differences } = compareReach(planted, stack);
    const isFound = differences.some((one) =>
      Object.entries(expected).every(([key, value]) => one[key as keyof Difference] === value),
    );
    assert.ok(isFound, JSON.stringify(differences.slice(0, 5)));
  });
}

test('what may let somebody through and is not known is refused, not passed over', () => {
  const text = renderKubernetes(plain);
  const more = (kind: string, spec: string) =>
    `${text}---\nkind: ${kind}\nmetadata: { name: more, namespace: clincher }\nspec: ${spec}\n`;
  assert.throws(() => compareReach(more('AdminNetworkPolicy', '{}'), plain), /is not known/);
  const odd = '{ podSelector: {}, ingress: [{ from: [{ fqdns: [a.example] }] }] }';
  assert.throws(() => compareReach(more('NetworkPolicy', odd), plain), /fqdns/);
});

test('a star in a name stands for what Cilium takes it for', () => {
  const meant = (matchPattern: string, host: string) => isNameMeant({ matchPattern }, host);
  assert.equal(meant('*.example.org', 'a.example.org'), true);
  assert.equal(meant('*.example.org', 'a.b.example.org'), false);
  assert.equal(meant('*.example.org', 'example.org'), false);
  assert.equal(meant('*.example.org', 'axexample.org'), false);
  assert.equal(meant('**.example.org', 'a.b.example.org'), true);
  assert.equal(isNameMeant({ matchName: 'example.org' }, 'a.example.org'), false);
});
