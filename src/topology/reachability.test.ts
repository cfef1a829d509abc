// Reachability: what the edges allow and, above all, what they do not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultPlace } from '../kit/place.ts';
import { anyOptions } from '../testing/any-options.ts';
import { exampleOptions } from '../testing/example-options.ts';
import { type Edge, edgeId, type Topology } from './model.ts';
import type { StackOptions } from './options.ts';
import { createReach, hostsOn, reachable } from './reachability.ts';
import { standardTopology } from './standard.ts';

const at = { file: 'clincher.yaml', line: 9, column: 5 };
const build = (change: Partial<StackOptions> = {}) => standardTopology(exampleOptions(change));
const ids = (topology: Topology, from: string, to: string) =>
  reachable(topology, from)
    .get(to)
    ?.map(({ id }) => id);

test('the agent reaches the internet only through llm and egress', () => {
  const expected = ['gateway--llm.api', 'llm--egress.proxy', 'egress--internet.tcp'];
  assert.deepEqual(ids(build(), 'gateway', 'internet'), expected);
});

test('metrics reads the admin ports and gets no further by them, least of all to the internet', () => {
  const reach = reachable(build(), 'metrics');
  assert.deepEqual([...reach.keys()].sort(), ['egress', 'gateway', 'ingress', 'llm']);
});

test('monitoring gets through its door to metrics and no further, and asks for health outside', () => {
  const topology = build({ monitoring: { at } });
  assert.deepEqual(ids(topology, 'prometheus', 'metrics'), [
    'prometheus--monitor-ingress.https',
    'monitor-ingress--metrics.http',
  ]);
  assert.equal(createReach(topology).from('monitor-ingress').has('ingress'), true);
  const gateway = createReach(topology).paths('prometheus', 'gateway');
  assert.ok(gateway.every((path) => path.at(-1)?.port === 'admin' || path[0]?.to === 'blackbox'));
  assert.ok(ids(topology, 'uptime-kuma', 'gateway')?.includes('ingress--gateway.http'));
});

test('an edge to egress without hosts leads nowhere', () => {
  const base = build();
  const edges = base.edges.map((edge) =>
    edge.id === 'llm--egress.proxy' ? { ...edge, hosts: [] } : edge,
  );
  assert.equal(ids({ ...base, edges }, 'gateway', 'internet'), undefined);
});

test('being let in to egress by another port is not a way out', () => {
  const base = build({ edges: [{ from: 'metrics', to: 'egress', port: 'debug', at }] });
  assert.equal(ids(base, 'metrics', 'internet'), undefined);
});

test('each caller has its own hosts on its way out', () => {
  const rule = { caller: 'gateway', hosts: ['api.telegram.org'], ports: [443, 8443], at };
  const topology = build({ egress: { ...exampleOptions().egress, rules: [rule] } });
  const hosts = createReach(topology)
    .paths('gateway', 'internet')
    .map((path) => hostsOn(topology, path));
  assert.deepEqual(hosts, [
    ['api.telegram.org:443', 'api.telegram.org:8443'],
    ['api.anthropic.com:443'],
  ]);
});

test('every path is a chain of declared edges from the one who asks', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const topology = standardTopology(options);
      const declared = new Set(topology.edges);
      for (const [name, path] of reachable(topology, 'gateway')) {
        assert.equal(path[0]?.from, 'gateway');
        assert.equal(path.at(-1)?.to, name);
        path.forEach((edge, index) => {
          assert.ok(declared.has(edge));
          assert.equal(edge.from, path[index - 1]?.to ?? 'gateway');
        });
      }
    }),
    { numRuns: 60 },
  );
});

test('a removed edge takes away what only it led to', () => {
  const base = build();
  const edges = base.edges.filter(({ id }) => id !== 'gateway--llm.api');
  assert.equal(reachable({ ...base, edges }, 'gateway').size, 0);
});

test('a thousand services with ten thousand edges are walked edge by edge, each once', () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `s${index}`);
  const link = (from: string, to: string, port: string): Edge => {
    const rest = { protocol: 'tcp', zone: 'z', purpose: 'p', at: defaultPlace() } as const;
    return { id: edgeId(from, to, port), from, to, port, ...rest };
  };
  const mesh = names.flatMap((from, index) =>
    Array.from({ length: 8 }, (_, step) =>
      link(from, names[(index * 7 + step * 13 + 1) % 1_000] ?? from, `${step}`),
    ),
  );
  // One that everyone calls and that calls everyone must not be looked into a thousand times.
  const hub = names.flatMap((name) => [link(name, 'hub', 'in'), link('hub', name, 'out')]);
  const edges = [...mesh, ...hub];
  let reads = 0;
  const counted = edges.map((edge) => {
    const { to, ...rest } = edge;
    return Object.defineProperty(rest, 'to', {
      get: () => {
        reads += 1;
        return to;
      },
      enumerable: true,
    }) as Edge;
  });
  const reach = createReach({ ...build(), services: [], externals: [], edges: counted });
  assert.equal(reach.from('s0').size, 1_000);
  assert.ok(reads < 20 * edges.length, `${reads} looks at ${edges.length} edges`);
});
