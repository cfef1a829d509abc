// The ends of edges where services are pods: each caller has a port of its own at its callee, and
// who listens there is told whose it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterStack } from '../testing/example-cluster.ts';
import { exampleOptions } from '../testing/example-options.ts';
import { edgeId, type Topology } from '../topology/model.ts';
import { standardTopology } from '../topology/standard.ts';
import { clusterEnds } from './cluster.ts';

const topology = standardTopology(exampleOptions());

/** With so many services more, each calling the next. */
function chain(count: number): Topology {
  const [llm] = topology.services.filter(({ name }) => name === 'llm');
  const [edge] = topology.edges;
  assert.ok(llm !== undefined && edge !== undefined);
  const nameOf = (index: number) => `s${index}`;
  const services = Array.from({ length: count }, (_, index) => ({ ...llm, name: nameOf(index) }));
  const edges = services.slice(1).map(({ name: to }, index) => {
    const from = nameOf(index);
    return { ...edge, id: edgeId(from, to, 'api'), from, to, port: 'api' };
  });
  return { ...topology, services, edges };
}

test('what a caller dials is where its callee listens for it, and says who calls', () => {
  const { services } = clusterStack(topology);
  const plans = services.map(({ plan }) => plan);
  for (const caller of plans) {
    assert.deepEqual([caller.bridges, caller.dials], [undefined, []]);
    for (const { edge, peer, address } of caller.reaches ?? []) {
      const callee = plans.find(({ name }) => name === peer);
      const answer = callee?.answers?.find((one) => one.edge === edge);
      const port = address.slice(address.lastIndexOf(':'));
      assert.deepEqual(answer, { edge, peer: caller.name, address: `tcp:0.0.0.0${port}` });
      assert.match(address, /^tcp:10\.96\.192\.\d+:2\d{4}$/);
      const listen = callee?.settings.listen as readonly { address: string; caller: string }[];
      const admin = callee?.settings.admin as readonly string[];
      const said = listen.find((one) => one.address === answer?.address)?.caller;
      assert.ok(said === caller.name || admin.includes(answer?.address ?? ''), edge);
    }
  }
});

test('no two edges have one port, no two callees one address, and all are within the range', () => {
  const many = chain(400);
  const ends = clusterEnds(many, { serviceAddresses: '10.96.128.0/22' });
  const ports = many.edges.map(({ from, to, port }) => ends.portOf(from, to, port));
  assert.equal(new Set(ports).size, ports.length);
  assert.ok(ports.every((port) => port >= 20_000 && port < 30_000));
  const addresses = new Set(many.edges.map(({ to }) => ends.addressOf(to)));
  assert.equal(addresses.size, many.edges.length);
  for (const address of addresses) {
    assert.match(address, /^10\.96\.1(28|29|30|31)\.\d+$/);
    assert.ok(!['10.96.128.0', '10.96.131.255'].includes(address));
  }
});

test('an address and a port stay when other edges come', () => {
  const at = (all: Topology) => {
    const ends = clusterEnds(all, { serviceAddresses: '10.96.0.0/16' });
    return [ends.addressOf('s3'), ends.portOf('s2', 's3', 'api')];
  };
  assert.deepEqual(at(chain(4)), at(chain(40)));
});

test('a range that is none, or too small, is said', () => {
  for (const range of ['10.0.0.0', '10.0.0.0/8', '10.0.0.0/30', '300.0.0.0/24', 'fd00::/64', '']) {
    assert.throws(
      () => clusterEnds(topology, { serviceAddresses: range }),
      /no range of addresses/,
    );
  }
  const small = { serviceAddresses: '10.96.0.0/28' };
  assert.throws(() => clusterEnds(chain(40), small), /too few for 39 services/);
});
