// Every edge has both its ends, and lives in a zone that its service is in.

import type { Edge, Service } from '../topology/model.ts';
import { edgeId } from '../topology/model.ts';
import type { Check, Fault } from './check.ts';
import type { TopologyView } from './view.ts';

export const edgeEnds: Check = {
  id: 'edge-ends',
  invariant: 'Every edge joins two different, declared ends, and lives in a zone of its service.',
  because: 'An edge into nothing hides a mistake, and whoever is given the name later inherits it.',
  *find(view) {
    for (const edge of view.topology.edges) {
      for (const message of faultsOf(edge, view)) yield fault(edge, message);
    }
  },
};

function* faultsOf(edge: Edge, view: TopologyView): Iterable<string> {
  const exists = (name: string) => view.services.has(name) || view.externals.has(name);
  for (const name of new Set([edge.from, edge.to])) {
    if (!exists(name)) yield `there is no "${name}"`;
  }
  if (edge.from === edge.to) yield 'it leads from a service to itself';
  if (edge.id !== edgeId(edge.from, edge.to, edge.port)) yield 'its id does not say what it joins';
  const service = view.services.get(edge.to) ?? view.services.get(edge.from);
  if (service === undefined) {
    if (exists(edge.from) && exists(edge.to)) yield 'neither end is a service of this stack';
    return;
  }
  if (!view.zones.has(edge.zone)) yield `there is no zone "${edge.zone}"`;
  else if (!service.zones.includes(edge.zone)) yield `${service.name} is not in ${edge.zone}`;
  else yield* apart(edge, service, view);
}

/** Shared bridges carry an edge only between two members; sockets and bridges for two need none. */
function* apart(edge: Edge, callee: Service, view: TopologyView): Iterable<string> {
  const caller = view.services.get(edge.from);
  if (view.topology.isolation !== 'reference' || caller === undefined) return;
  if (caller.host !== callee.host || caller.zones.includes(edge.zone)) return;
  yield `${caller.name} is not in ${edge.zone}, where the edge is`;
}

function fault(edge: Edge, what: string): Fault {
  return {
    severity: 'fatal',
    about: edge.id,
    message: `the edge ${edge.from} -> ${edge.to}: ${what}`,
    fix: 'Correct the name, or remove the edge.',
    at: edge.at,
  };
}
