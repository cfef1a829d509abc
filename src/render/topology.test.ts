// The forms of the topology, against the golden files in cases/topology; and names that try to
// break out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caseOptions, exampleOptions } from '../testing/example-options.ts';
import { goldenCases } from '../testing/golden.ts';
import { standardTopology } from '../topology/standard.ts';
import { renderTopology, type TopologyFormat, topologyFormats } from './topology.ts';

goldenCases(new URL('../../cases/topology/', import.meta.url), (input) => {
  const { format, options } = JSON.parse(input);
  return renderTopology(standardTopology(caseOptions(options)), format);
});

test('the json form is the topology, whole', () => {
  const topology = standardTopology(exampleOptions({ preset: 'reference' }));
  assert.deepEqual(JSON.parse(renderTopology(topology, 'json')), topology);
});

const at = { file: 'clincher.yaml', line: 1, column: 1 };
const names = ['end', 'a"]; b --> c["', 'a" [color=red]; "b', '</div>', 'a\\', 'ü'];
const services = names.map((name) => ({ name, zone: 'z"z', image: null, argv: [], at }));
const edges = names.map((from) => ({ from, to: 'gateway', port: 'x"|y', at }));
const hostile = standardTopology(exampleOptions({ services, edges }));

test('a name cannot end a Mermaid label or be a keyword of it', () => {
  const label = /"[^"&<>]*"/;
  for (const line of renderTopology(hostile, 'mermaid').split('\n').slice(1)) {
    const rest = line.trim().replace(label, 'L');
    assert.match(
      rest,
      /^(subgraph \w+ \[L\]|end|\w+(\[L\]|\(\[L\]\)|\[\(L\)\])|\w+ (-\.->|-->\|L\|) \w+)$/,
    );
  }
});

test('a name cannot end a Graphviz string', () => {
  const string = /"(?:[^"\\]|\\.)*"/g;
  for (const line of renderTopology(hostile, 'dot').split('\n').slice(2)) {
    const rest = line.trim().replace(string, 'S');
    assert.match(rest, /^(S( -> S)?( \[[a-zA-Z=, S]+\])?;|subgraph S \{|label=S;|\})$/);
  }
});

test('every box of the text form is straight, whatever the names', () => {
  for (const box of renderTopology(hostile, 'text').split('┌').slice(1)) {
    const lines = `┌${box}`.split('\n').filter((line) => /^[┌│└]/.test(line));
    assert.equal(new Set(lines.map((line) => line.length)).size, 1, lines.join('\n'));
  }
});

test('every form names every service', () => {
  const topology = standardTopology(exampleOptions({ preset: 'reference' }));
  for (const format of Object.keys(topologyFormats) as TopologyFormat[]) {
    const text = renderTopology(topology, format);
    for (const { name } of topology.services) assert.ok(text.includes(name), `${format}: ${name}`);
  }
});
