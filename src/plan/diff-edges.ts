// Edges that open, close or change, in sentences.

import { canonicalJson } from '../topology/hash.ts';
import type { Edge } from '../topology/model.ts';
import { declared } from './place-text.ts';

export function diffEdges(before: readonly Edge[], after: readonly Edge[]): readonly string[] {
  const old = new Map(before.map((edge) => [edge.id, edge]));
  const wanted = new Set(after.map(({ id }) => id));
  return [
    ...before.filter(({ id }) => !wanted.has(id)).map((edge) => `closes edge ${arrow(edge)}`),
    ...after.flatMap((edge) => {
      const earlier = old.get(edge.id);
      if (earlier !== undefined) return diffEdge(earlier, edge);
      return `opens edge ${arrow(edge)}: ${edge.purpose}${declared(edge.at)}`;
    }),
  ];
}

/** `llm -> egress (proxy)` */
export function arrow({ from, to, port }: Edge): string {
  return `${from} -> ${to} (${port})`;
}

/** Hosts are told by egress's rules, with their ports; paths only here. */
function diffEdge(before: Edge, after: Edge): readonly string[] {
  const sentences: string[] = [];
  const paths = (edge: Edge) => edge.paths?.join(', ') ?? 'every path';
  if (paths(before) !== paths(after)) {
    sentences.push(`edge ${arrow(after)} is for ${paths(after)} (${paths(before)} before)`);
  }
  const rest = ({ zone, protocol, purpose }: Edge) => canonicalJson({ zone, protocol, purpose });
  if (rest(before) !== rest(after)) {
    sentences.push(`edge ${arrow(after)} is ${after.protocol} in ${after.zone}: ${after.purpose}`);
  }
  return sentences;
}
