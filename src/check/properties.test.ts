// What holds of the checks for every topology: they never throw, they say the same again in any
// order, and the search for ways out finds what trying every path finds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomTopology } from '../testing/random-topology.ts';
import type { Service, Topology } from '../topology/model.ts';
import { runChecks } from './index.ts';
import { viewOf } from './view.ts';
import { wayOut } from './way-out.ts';

test('whatever the topology, the checks answer, fatal findings first', () => {
  fc.assert(
    fc.property(randomTopology, (topology) => {
      const findings = runChecks(topology);
      const severities = findings.map(({ severity }) => severity);
      assert.deepEqual(severities, severities.toSorted());
      for (const finding of findings) {
        for (const key of ['message', 'fix'] as const) assert.notEqual(finding[key], '');
      }
    }),
    { numRuns: 500 },
  );
});

test('the order of edges and zones changes nothing that is found', () => {
  fc.assert(
    fc.property(randomTopology.filter(namesOnce), (topology) => {
      const about = (one: Topology) =>
        runChecks(one)
          .map(({ id, about, severity }) => `${severity} ${id} ${about}`)
          .sort();
      const turned = { ...topology, edges: topology.edges.toReversed() };
      assert.deepEqual(new Set(about(turned)), new Set(about(topology)));
    }),
    { numRuns: 200 },
  );
});

test('ways out are those that trying every path finds', () => {
  let withWaysOut = 0;
  fc.assert(
    fc.property(randomTopology, (topology) => {
      const reported = new Set(Array.from(wayOut.find(viewOf(topology)), ({ about }) => about));
      const expected = waysOutByTryingAll(topology);
      assert.deepEqual(reported, expected);
      if (expected.size > 0) withWaysOut++;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(withWaysOut > 50, `only ${withWaysOut} of 1000 had a way out`);
});

/** The reference: every path without a repeated service, walked one by one. */
function waysOutByTryingAll(topology: Topology): ReadonlySet<string> {
  const firstOf = (name: string) => topology.services.find((one) => one.name === name);
  const zoneOf = (name: string) => topology.zones.find((one) => one.name === name);
  const outside = (name: string) =>
    ['internet', 'client'].includes(
      topology.externals.find((one) => one.name === name)?.kind ?? '',
    );
  const found = new Set<string>();
  const walk = (service: Service, seen: readonly string[]): void => {
    if (service.run.role === 'egress') return;
    const onward = topology.edges.filter(({ from }) => from === service.name);
    const bridged =
      topology.isolation === 'reference' &&
      service.zones.some((zone) => zoneOf(zone)?.internal === false);
    if (onward.some(({ to }) => outside(to)) || service.rights.network === 'outside' || bridged) {
      found.add(service.name);
    }
    for (const { to } of onward) {
      const next = firstOf(to);
      if (next !== undefined && !seen.includes(to)) walk(next, [...seen, to]);
    }
  };
  for (const service of topology.services) {
    if (firstOf(service.name) !== service) continue;
    const internal = service.zones.some((zone) => zoneOf(zone)?.internal !== false);
    if (internal) walk(service, [service.name]);
  }
  return found;
}

function namesOnce({ services, externals, edges }: Topology): boolean {
  const names = [...services, ...externals].map(({ name }) => name);
  const ids = edges.map(({ id }) => id);
  return new Set(names).size === names.length && new Set(ids).size === ids.length;
}
