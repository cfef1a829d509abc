// The topology holds together: ends, zones, hosts and names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleTopology, withEdge, withService } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';

test('an edge without one of its ends is found', () => {
  assert.deepEqual(found(withEdge(exampleTopology(), { from: 'gateway', to: 'note' })), [
    'fatal edge-ends gateway--note.extra: the edge gateway -> note: there is no "note"',
  ]);
  assert.deepEqual(found(withEdge(exampleTopology(), { from: 'gatway', to: 'notes' })), [
    'fatal edge-ends gatway--notes.extra: the edge gatway -> notes: there is no "gatway"',
  ]);
});

test('an edge from a service to itself, or between two outsiders, is found', () => {
  assert.deepEqual(found(withEdge(exampleTopology(), { from: 'notes', to: 'notes' })), [
    'fatal edge-ends notes--notes.extra: the edge notes -> notes: it leads from a service to itself',
  ]);
  assert.deepEqual(found(withEdge(exampleTopology(), { from: 'people', to: 'internet' })), [
    'fatal edge-ends people--internet.extra: the edge people -> internet: neither end is a service of this stack',
  ]);
});

test('an edge whose id says something else is found', () => {
  const edge = { from: 'gateway', to: 'notes', id: 'gateway--llm.api2' };
  assert.deepEqual(found(withEdge(exampleTopology(), edge)), [
    'fatal edge-ends gateway--llm.api2: the edge gateway -> notes: its id does not say what it joins',
  ]);
});

test('an edge in a zone that is not there, or not its own, is found', () => {
  const start = 'fatal edge-ends gateway--notes.extra: the edge gateway -> notes:';
  const inZone = (zone: string) =>
    found(withEdge(exampleTopology(), { from: 'gateway', to: 'notes', zone }));
  assert.deepEqual(inZone('nowhere'), [`${start} there is no zone "nowhere"`]);
  assert.deepEqual(inZone('egress-net'), [`${start} notes is not in egress-net`]);
});

test('on shared bridges both ends must be on the bridge', () => {
  const edge = { from: 'ingress', to: 'llm' };
  assert.deepEqual(found(withEdge(exampleTopology({ isolation: 'sealed' }), edge)), []);
  assert.deepEqual(found(withEdge(exampleTopology({ isolation: 'reference' }), edge)), [
    'fatal edge-ends ingress--llm.extra: the edge ingress -> llm: ingress is not in openclaw-net, where the edge is',
  ]);
});

test('a service in no zone, an unknown one, or one of another host is found', () => {
  const inZones = (zones: readonly string[]) =>
    found(withService(exampleTopology({ edges: [] }), 'notes', () => ({ zones })));
  assert.deepEqual(inZones([]), ['fatal zones notes: notes is in no zone']);
  assert.deepEqual(inZones(['openclaw-net', 'nowhere']), [
    'fatal zones notes: notes is in "nowhere", which is not there',
  ]);
  assert.deepEqual(inZones(['openclaw-net', 'monitor-net']), [
    'fatal zones notes: notes runs on app, but monitor-net is on monitor',
  ]);
});

test('a zone or service on a host that is not declared is found', () => {
  const topology = exampleTopology();
  const app = topology.hosts.filter(({ name }) => name === 'app');
  assert.deepEqual(
    found({ ...topology, hosts: app }).filter((line) => line.includes('which is not there')),
    [
      'fatal zones monitor-net: zone monitor-net is on the host "monitor", which is not there',
      'fatal zones alertmanager: alertmanager is on "monitor", which is not there',
      'fatal zones blackbox: blackbox is on "monitor", which is not there',
      'fatal zones grafana: grafana is on "monitor", which is not there',
      'fatal zones prometheus: prometheus is on "monitor", which is not there',
      'fatal zones uptime-kuma: uptime-kuma is on "monitor", which is not there',
    ],
  );
});

test('a name that is there twice is found, whatever it names', () => {
  const topology = exampleTopology();
  for (const key of ['services', 'externals', 'zones', 'hosts', 'secrets', 'edges'] as const) {
    const [first] = topology[key];
    assert.ok(first !== undefined);
    const lines = found({ ...topology, [key]: [...topology[key], first] });
    assert.equal(lines.length, 1, key);
    assert.match(lines[0] ?? '', /^fatal names-unique .*: there are two of /);
  }
});

test('a service with the name of an external is found', () => {
  const topology = exampleTopology();
  const [service] = topology.services;
  assert.ok(service !== undefined);
  const renamed = { ...service, name: 'internet' };
  assert.ok(
    found({ ...topology, services: [...topology.services, renamed] }).includes(
      'fatal names-unique internet: there are two of service or external "internet"',
    ),
  );
});
