// A topology with its indexes, made once, so that no check has to search: all checks together stay
// linear.

import type {
  Edge,
  External,
  SecretDeclaration,
  Service,
  Topology,
  Zone,
} from '../topology/model.ts';

export interface TopologyView {
  readonly topology: Topology;
  readonly services: ReadonlyMap<string, Service>;
  readonly externals: ReadonlyMap<string, External>;
  readonly zones: ReadonlyMap<string, Zone>;
  readonly secrets: ReadonlyMap<string, SecretDeclaration>;
  readonly edgesFrom: ReadonlyMap<string, readonly Edge[]>;
}

/** Where a name is declared twice the first one counts here; `names-unique` reports the others. */
export function viewOf(topology: Topology): TopologyView {
  const edgesFrom = new Map<string, Edge[]>();
  for (const edge of topology.edges) {
    const list = edgesFrom.get(edge.from);
    if (list === undefined) edgesFrom.set(edge.from, [edge]);
    else list.push(edge);
  }
  return {
    topology,
    services: byName(topology.services),
    externals: byName(topology.externals),
    zones: byName(topology.zones),
    secrets: byName(topology.secrets),
    edgesFrom,
  };
}

function byName<T extends { readonly name: string }>(list: readonly T[]): ReadonlyMap<string, T> {
  return new Map(list.toReversed().map((one) => [one.name, one]));
}
