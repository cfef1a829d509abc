// The map as a picture: everything once, nothing over anything else, names as text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleTopology } from '../testing/example-topology.ts';
import { placeNodes } from './topology-places.ts';
import { topologySvg } from './topology-svg.ts';

test('every service and external has a place of its own, and each service is in its zone', () => {
  const topology = exampleTopology();
  const { spots, zones, width, height } = placeNodes(topology);
  const names = [...topology.services, ...topology.externals].map(({ name }) => name);
  assert.deepEqual([...spots.keys()].toSorted(), names.toSorted());
  const all = [...spots.values()];
  for (const [index, a] of all.entries()) {
    assert.ok(a.x >= 0 && a.x + a.width <= width && a.y >= 0 && a.y + a.height <= height);
    for (const b of all.slice(index + 1)) assert.ok(!overlap(a, b));
  }
  for (const { name, zones: inZones } of topology.services) {
    const spot = spots.get(name);
    const within = zones.filter((zone) => spot !== undefined && overlap(zone, spot));
    assert.equal(within.length, 1, name);
    assert.ok(inZones.includes(within[0]?.name ?? ''), name);
  }
});

test('there is an arrow for each edge that is drawn, marked as it was told', () => {
  const topology = exampleTopology();
  const drawn = topology.edges.filter(({ port }) => port !== 'admin');
  const [edge] = drawn;
  const { text } = topologySvg(topology, {
    edges: new Map([[edge?.id ?? '', 'open']]),
    found: [{ from: 'llm', to: 'gateway', what: 'a socket' }],
  });
  assert.equal(text.match(/<path [^>]*class="line/g)?.length, drawn.length + 1);
  assert.equal(text.match(/class="line open"/g)?.length, 1);
  assert.equal(text.match(/class="line bad"/g)?.length, 1);
});

test('a name cannot end a piece of the picture', () => {
  const name = '</text><script>';
  const topology = exampleTopology({
    services: [
      { name, zone: 'openclaw-net', image: 'x', argv: [], at: { file: 'f', line: 1, column: 1 } },
    ],
  });
  const { text } = topologySvg(topology);
  assert.ok(!text.includes('<script>') && text.includes('&lt;/text&gt;&lt;script&gt;'));
});

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function overlap(a: Area, b: Area): boolean {
  const apart = a.x + a.width <= b.x || b.x + b.width <= a.x;
  return !apart && a.y < b.y + b.height && b.y < a.y + a.height;
}
