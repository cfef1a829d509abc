// The topology as a Mermaid flowchart: a box per zone, an arrow per edge. GitHub draws it as it is.

import type { Service, Topology } from '../topology/model.ts';

/** https://mermaid.js.org/syntax/flowchart.html */
export function topologyMermaid({ zones, services, externals, edges }: Topology): string {
  const identifiers = new Map(
    [...externals, ...services].map(({ name }, index) => [name, `n${index}`] as const),
  );
  const id = (name: string) => identifiers.get(name) ?? 'unknown';
  const node = ({ name }: { readonly name: string }) => `${id(name)}["${escaped(name)}"]`;
  return [
    'flowchart TB',
    ...externals.map((external) => `  ${id(external.name)}(["${escaped(external.name)}"])`),
    ...zones.flatMap((zone, index) => [
      `  subgraph z${index}["${escaped(zone.name)}${zone.internal ? ' (internal)' : ''}"]`,
      ...services
        .filter((service) => homeOf(service) === zone.name)
        .map((each) => `    ${node(each)}`),
      '  end',
    ]),
    ...services.filter((service) => homeOf(service) === null).map((each) => `  ${node(each)}`),
    ...edges.map(({ from, to, port }) => `  ${id(from)} -->|${escaped(port)}| ${id(to)}`),
  ].join('\n');
}

/** A service that joins zones is drawn in the one it leads to. */
function homeOf({ zones }: Service): string | null {
  return zones.at(-1) ?? null;
}

function escaped(text: string): string {
  return text.replace(/[^\w .:*/()-]/g, (character) => `#${character.codePointAt(0)};`);
}
