// The topology as a Mermaid flowchart: hosts and zones as subgraphs. Source:
// mermaid.js.org/syntax/flowchart.html

import type { Edge, External, Topology } from '../topology/model.ts';
import { boxesOf, isAdmin, narrowing, type Picture } from './topology-layout.ts';

/** `marks`: a fill for some of the nodes, by name. */
export function topologyMermaid(
  topology: Topology,
  marks: ReadonlyMap<string, string> = new Map(),
): string {
  return ['flowchart TD', ...linesOf(topology, marks, '')].join('\n');
}

export function mermaidBeside(pictures: readonly Picture[]): string {
  const parts = pictures.map(({ title, topology, marks }, nth) => [
    `  subgraph part${nth} [${quote(title)}]`,
    ...linesOf(topology, marks, `p${nth}`),
    '  end',
  ]);
  return ['flowchart TD', ...parts.flat()].join('\n');
}

/** `start`: of every id, so that two pictures can be in one. */
function linesOf(
  topology: Topology,
  marks: ReadonlyMap<string, string>,
  start: string,
): readonly string[] {
  const ids = idsOf(topology);
  const id = (name: string) => `${start}${ids.get(name) ?? 'unknown'}`;
  return [
    ...topology.externals.map((external) => `  ${id(external.name)}${externalShape(external)}`),
    ...topology.hosts.flatMap((host, index) => [
      `  subgraph ${start}host${index} [${quote(`${host.name} host`)}]`,
      ...boxesOf(topology)
        .filter(({ zone }) => zone.host === host.name)
        .flatMap(({ zone, services }) => [
          `    subgraph ${id(`zone ${zone.name}`)} [${quote(zone.internal ? `${zone.name}, internal` : zone.name)}]`,
          ...services.map(({ name }) => `      ${id(name)}[${quote(name)}]`),
          '    end',
        ]),
      '  end',
    ]),
    ...topology.edges.map((edge) => `  ${id(edge.from)} ${arrow(edge)} ${id(edge.to)}`),
    ...[...marks].map(([name, fill]) => `  style ${id(name)} fill:${fill}`),
  ];
}

/** Names are the user's: nodes get numbers, so that no name can be a keyword or close a bracket. */
function idsOf({ services, externals, zones }: Topology): ReadonlyMap<string, string> {
  const names = [...externals, ...services].map(({ name }) => name);
  const all = [...names, ...zones.map(({ name }) => `zone ${name}`)];
  return new Map([...new Set(all)].map((name, index) => [name, `n${index}`]));
}

function externalShape({ name, kind }: External): string {
  return kind === 'host-resource' ? `[(${quote(name)})]` : `([${quote(name)}])`;
}

function arrow(edge: Edge): string {
  if (isAdmin(edge)) return '-.->';
  const only = narrowing(edge);
  return `-->|${quote(only === '' ? edge.port : `${edge.port}: ${only}`)}|`;
}

function quote(text: string): string {
  return `"${text.replace(/[&<>"#]/g, (sign) => `#${sign.charCodeAt(0)};`)}"`;
}
