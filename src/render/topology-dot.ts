// The topology as a Graphviz graph: hosts and zones as clusters. Source:
// graphviz.org/doc/info/lang.html

import type { Edge, Topology } from '../topology/model.ts';
import { boxesOf, isAdmin, narrowing, type Picture } from './topology-layout.ts';

/** `marks`: a fill for some of the nodes, by name. */
export function topologyDot(
  topology: Topology,
  marks: ReadonlyMap<string, string> = new Map(),
): string {
  return graphOf(linesOf(topology, marks, ''));
}

export function dotBeside(pictures: readonly Picture[]): string {
  const parts = pictures.map(({ title, topology, marks }, nth) => [
    `  subgraph "cluster part ${nth}" {`,
    `    label=${quote(title)};`,
    ...linesOf(topology, marks, `${nth} `),
    '  }',
  ]);
  return graphOf(parts.flat());
}

function graphOf(lines: readonly string[]): string {
  return [
    'digraph clincher {',
    '  rankdir=TB; node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif"];',
    ...lines,
    '}',
  ].join('\n');
}

/** `start`: of every name, so that two pictures can be in one; the labels are without it. */
function linesOf(
  topology: Topology,
  marks: ReadonlyMap<string, string>,
  start: string,
): readonly string[] {
  const node = (name: string) => quote(start + name);
  const labels = start === '' ? [] : [...topology.externals, ...topology.services];
  const shapes = { client: 'ellipse', internet: 'ellipse', 'host-resource': 'cylinder' } as const;
  return [
    ...topology.externals.map(({ name, kind }) => `  ${node(name)} [shape=${shapes[kind]}];`),
    ...topology.hosts.flatMap((host) => [
      `  subgraph ${quote(`cluster ${start}host ${host.name}`)} {`,
      `    label=${quote(`${host.name} host`)};`,
      ...boxesOf(topology)
        .filter(({ zone }) => zone.host === host.name)
        .flatMap(({ zone, services }) => [
          `    subgraph ${quote(`cluster ${start}${zone.name}`)} {`,
          `      label=${quote(zone.internal ? `${zone.name}, internal` : zone.name)};`,
          ...services.map(({ name }) => `      ${node(name)};`),
          '    }',
        ]),
      '  }',
    ]),
    ...labels.map(({ name }) => `  ${node(name)} [label=${quote(name)}];`),
    ...[...marks].map(([name, fill]) => `  ${node(name)} [style=filled, fillcolor="${fill}"];`),
    ...topology.edges.map((edge) => `  ${node(edge.from)} -> ${node(edge.to)} [${style(edge)}];`),
  ];
}

function style(edge: Edge): string {
  if (isAdmin(edge)) return 'style=dotted, arrowhead=open';
  const only = narrowing(edge);
  return `label=${quote(only === '' ? edge.port : `${edge.port}: ${only}`)}`;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
