// Way out: each way around egress is found, and what only looks like one is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleTopology, withEdge, withRights, withService } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';

const start = 'a way out that does not pass egress:';

test('the example has no way out but through egress, in any isolation', () => {
  assert.deepEqual(found(exampleTopology()), []);
  const reference = { preset: 'reference', driver: 'docker', isolation: 'reference' } as const;
  assert.deepEqual(found(exampleTopology(reference)), []);
});

test('an edge from the agent to the internet is found', () => {
  const topology = withEdge(exampleTopology(), { from: 'gateway', to: 'internet', port: 'tcp' });
  assert.deepEqual(found(topology), [`fatal way-out gateway: ${start} gateway -> internet`]);
});

test('a way out two services away is found, with the path to it', () => {
  // The one it ends at is itself in no internal zone, so only the path makes it a fault.
  const outside = withService(exampleTopology({ edges: [] }), 'notes', () => ({
    zones: ['egress-net'],
  }));
  const alone = withEdge(outside, { from: 'notes', to: 'internet', zone: 'egress-net' });
  assert.deepEqual(found(alone), []);
  const reached = withEdge(alone, { from: 'gateway', to: 'notes', zone: 'egress-net' });
  assert.deepEqual(found(reached), [`fatal way-out notes: ${start} gateway -> notes -> internet`]);
});

test('an edge out to a client counts as a way out', () => {
  const topology = withEdge(exampleTopology(), { from: 'llm', to: 'people' });
  assert.deepEqual(found(topology), [`fatal way-out llm: ${start} llm -> people`]);
});

test('a route of its own is found, and that no role but egress has one', () => {
  const topology = withRights(exampleTopology(), 'llm', { network: 'outside' });
  assert.deepEqual(found(topology), [
    'fatal rights llm: llm has more than a service of role llm needs: a network with a route out',
    `fatal way-out llm: ${start} llm has a route of its own to the outside`,
  ]);
});

test('on shared bridges a zone that leads out is a way out; on sockets it is none', () => {
  const bridged = (isolation: 'reference' | 'sealed') =>
    withService(exampleTopology({ isolation }), 'llm', ({ zones }) => ({
      zones: [...zones, 'egress-net'],
    }));
  assert.deepEqual(found(bridged('sealed')), []);
  assert.deepEqual(found(bridged('reference')), [
    `fatal way-out llm: ${start} llm is on egress-net, which leads out`,
  ]);
});

test('a zone that is not declared counts as internal: in doubt the check looks', () => {
  const topology = withService(exampleTopology(), 'notes', () => ({ zones: ['nowhere'] }));
  const leaking = withEdge(topology, { from: 'notes', to: 'internet', zone: 'nowhere' });
  assert.ok(found(leaking).includes(`fatal way-out notes: ${start} notes -> internet`));
});

test('a circle of edges ends the search', () => {
  const there = withEdge(exampleTopology(), { from: 'notes', to: 'gateway' });
  assert.deepEqual(found(withEdge(there, { from: 'notes', to: 'llm' })), []);
});

test('what only egress reaches may lead out: that path passes egress', () => {
  const outside = withService(exampleTopology({ edges: [] }), 'notes', () => ({
    zones: ['egress-net'],
  }));
  const zone = 'egress-net';
  const leading = withEdge(outside, { from: 'notes', to: 'internet', zone });
  assert.deepEqual(found(withEdge(leading, { from: 'egress', to: 'notes', zone })), []);
});
