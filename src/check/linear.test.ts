// The checks stay linear: a topology twice as large has each of its parts looked at as often, not
// more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, type Looks, wideTopology } from '../testing/wide-topology.ts';
import { runChecks } from './index.ts';

function looksPerPart(services: number, edges: number): Looks {
  const { topology, looks } = counted(wideTopology(services, edges));
  runChecks(topology);
  return { edges: looks.edges / edges, services: looks.services / services };
}

test('every edge and service is looked at a fixed number of times, however many there are', () => {
  const small = looksPerPart(50, 500);
  const large = looksPerPart(400, 4_000);
  assert.ok(small.edges > 1, 'edges are looked at');
  assert.ok(large.edges <= small.edges * 1.5, `${large.edges} after ${small.edges} an edge`);
  assert.ok(large.services <= small.services * 1.5, `${large.services} after ${small.services}`);
});

test('the wide topology has faults to be found, of many kinds', () => {
  const ids = new Set(runChecks(wideTopology(50, 500)).map(({ id }) => id));
  for (const id of ['way-out', 'provider-keys', 'docker-socket', 'monitoring', 'edge-ends']) {
    assert.ok(ids.has(id), id);
  }
});
