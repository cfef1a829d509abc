// The topology as a Graphviz graph: hosts and zones as clusters. Source:
// graphviz.org/doc/info/lang.html

import type { Edge, Topology } from '../topology/model.ts';
import { boxesOf, isAdmin, narrowing } from './topology-layout.ts';

/** `marks`: a fill for some of the nodes, by name. */
export function topologyDot(
  topology: Topology,
  marks: ReadonlyMap<string, string> = new Map(),
): string {
  const shapes = { client: 'ellipse', internet: 'ellipse', 'host-resource': 'cylinder' } as const;
  return [
    'digraph clincher {',
    '  rankdir=TB; node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif"];',
    ...topology.externals.map(({ name, kind }) => `  ${quote(name)} [shape=${shapes[kind]}];`),
    ...topology.hosts.flatMap((host) => [
      `  subgraph ${quote(`cluster host ${host.name}`)} {`,
      `    label=${quote(`${host.name} host`)};`,
      ...boxesOf(topology)
        .filter(({ zone }) => zone.host === host.name)
        .flatMap(({ zone, services }) => [
          `    subgraph ${quote(`cluster ${zone.name}`)} {`,
          `      label=${quote(zone.internal ? `${zone.name}, internal` : zone.name)};`,
          ...services.map(({ name }) => `      ${quote(name)};`),
          '    }',
        ]),
      '  }',
    ]),
    ...[...marks].map(([name, fill]) => `  ${quote(name)} [style=filled, fillcolor="${fill}"];`),
    ...topology.edges.map((edge) => `  ${quote(edge.from)} -> ${quote(edge.to)} [${style(edge)}];`),
    '}',
  ].join('\n');
}

function style(edge: Edge): string {
  if (isAdmin(edge)) return 'style=dotted, arrowhead=open';
  const only = narrowing(edge);
  return `label=${quote(only === '' ? edge.port : `${edge.port}: ${only}`)}`;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
