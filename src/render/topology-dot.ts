// The topology in Graphviz's language: a cluster per zone, an arrow per edge with its purpose.

import type { Topology } from '../topology/model.ts';

/** https://graphviz.org/doc/info/lang.html */
export function topologyDot({ zones, services, externals, edges }: Topology): string {
  return [
    'digraph clincher {',
    '  rankdir=TB; node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];',
    ...externals.map(({ name }) => `  ${quoted(name)} [shape=ellipse];`),
    ...zones.flatMap((zone, index) => [
      `  subgraph cluster_${index} {`,
      `    label=${quoted(zone.internal ? `${zone.name} (internal)` : zone.name)}; style=dashed;`,
      ...services
        .filter((service) => service.zones.at(-1) === zone.name)
        .map(({ name }) => `    ${quoted(name)};`),
      '  }',
    ]),
    ...edges.map(
      ({ from, to, port, purpose }) =>
        `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(port)}, tooltip=${quoted(purpose)}];`,
    ),
    '}',
  ].join('\n');
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
