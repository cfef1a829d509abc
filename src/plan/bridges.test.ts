// The networks that keep containers apart: one for each edge, its two ends on it, and no address
// twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyOptions } from '../testing/any-options.ts';
import { exampleMachine } from '../testing/example-machine.ts';
import { dockerSandbox, exampleOptions } from '../testing/example-options.ts';
import type { StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { bridgeEnds } from './bridges.ts';
import { makePlan } from './make-plan.ts';
import type { Plan, ServicePlan } from './model.ts';

const segmented = { driver: 'docker', isolation: 'segmented' } as const;

function planOf(change: Partial<StackOptions> = {}): Plan {
  return makePlan(standardTopology(exampleOptions({ ...segmented, ...change })), exampleMachine());
}

const named = ({ services }: Plan, name: string): ServicePlan =>
  services.find((each) => each.name === name) ?? assert.fail(name);

test('a callee listens at its own address on the bridge of each caller, and the caller dials that', () => {
  const plan = planOf({ sandbox: dockerSandbox('/run/docker.sock') });
  for (const { name, reaches = [] } of plan.services) {
    for (const { edge, peer, address } of reaches) {
      const callee = named(plan, peer);
      assert.ok(callee.answers?.some((each) => each.edge === edge && each.address === address));
      const host = address.slice('tcp:'.length, address.lastIndexOf(':'));
      const bridge = callee.bridges?.find((each) => each.address === host);
      assert.equal(bridge?.peer, name, edge);
      assert.ok(JSON.stringify(callee.settings).includes(address), `${peer} is told ${address}`);
      assert.ok(JSON.stringify(named(plan, name).settings).includes(address), `${name} is told`);
    }
  }
  const all = plan.services.flatMap(({ reaches = [] }) => reaches);
  const local = ['gateway--llm.api', 'llm--egress.proxy', 'ingress--gateway.http'];
  for (const edge of local)
    assert.ok(
      all.some((each) => each.edge === edge),
      edge,
    );
});

test('only ingress and egress are on a network that leads out, each alone', () => {
  const leading = planOf().services.flatMap(({ name, bridges = [] }) =>
    bridges.filter(({ kind }) => kind !== 'edge').map(({ kind, bridge }) => [name, kind, bridge]),
  );
  assert.deepEqual(leading.sort(), [
    ['egress', 'way-out', 'egress-net.egress'],
    ['ingress', 'door', 'proxy-net.ingress'],
  ]);
});

test('no two bridges share an address, whatever is declared', () => {
  fc.assert(
    fc.property(anyOptions, fc.string(), (options, stack) => {
      const ends = bridgeEnds(standardTopology({ ...options, ...segmented }), stack);
      const bridges = new Map([...ends.values()].flat().map((end) => [end.bridge, end.subnet]));
      assert.equal(new Set(bridges.values()).size, bridges.size);
      const addresses = [...ends.values()].flat().map(({ address }) => address);
      assert.equal(new Set(addresses).size, addresses.length);
      for (const { address, gateway } of [...ends.values()].flat()) {
        assert.match(address, /^10\.(19[2-9]|2[0-9]{2})\./);
        assert.notEqual(address, gateway);
      }
    }),
    { numRuns: 100 },
  );
});

test('an edge that comes leaves the addresses of the others as they are', () => {
  const before = planOf();
  const after = planOf({ sandbox: dockerSandbox('/run/docker.sock') });
  for (const { name, bridges = [] } of before.services) {
    const now = named(after, name).bridges ?? [];
    for (const end of bridges)
      assert.ok(
        now.some(({ address }) => address === end.address),
        name,
      );
  }
});
