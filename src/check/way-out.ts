// No path from an internal zone to the internet but through egress.

import type { Edge, Service } from '../topology/model.ts';
import type { Check, Fault } from './check.ts';
import type { TopologyView } from './view.ts';

export const wayOut: Check = {
  id: 'way-out',
  invariant: 'No service of an internal zone reaches the outside but through egress.',
  because:
    'Whoever takes over the agent could send what it knows to any host, unseen and unmetered.',
  *find(view) {
    const cameFrom = reachedFromInternal(view);
    for (const service of view.services.values()) {
      if (isEgress(service) || !cameFrom.has(service.name)) continue;
      yield* waysOut(service, view, pathTo(service.name, cameFrom));
    }
  },
};

/**
 * Every service that services of internal zones can get at without passing egress, each with the
 * one before it on a shortest path (null where the path starts). One search from all of them:
 * linear in the edges.
 */
function reachedFromInternal(view: TopologyView): ReadonlyMap<string, string | null> {
  const cameFrom = new Map<string, string | null>();
  for (const service of view.services.values()) {
    if (isInternal(service, view) && !isEgress(service)) cameFrom.set(service.name, null);
  }
  // A Map is walked in insertion order, also over what is added on the way: it is its own queue.
  for (const name of cameFrom.keys()) {
    for (const { to } of view.edgesFrom.get(name) ?? []) {
      const callee = view.services.get(to);
      if (callee === undefined || isEgress(callee) || cameFrom.has(to)) continue;
      cameFrom.set(to, name);
    }
  }
  return cameFrom;
}

/** The ways out that a service itself has: edges, a route, or a bridge that leads out. */
function* waysOut(service: Service, view: TopologyView, path: string): Iterable<Fault> {
  for (const edge of view.edgesFrom.get(service.name) ?? []) {
    if (leadsOut(edge, view)) yield fault(service, `${path} -> ${edge.to}`, edge);
  }
  if (service.rights.network === 'outside') {
    yield fault(service, `${path} has a route of its own to the outside`, service);
  }
  if (view.topology.isolation !== 'reference') return;
  // Members of a shared bridge get its default route, whatever their edges say.
  const open = service.zones.find((name) => view.zones.get(name)?.internal === false);
  if (open !== undefined) yield fault(service, `${path} is on ${open}, which leads out`, service);
}

function leadsOut(edge: Edge, view: TopologyView): boolean {
  const kind = view.externals.get(edge.to)?.kind;
  return kind === 'internet' || kind === 'client';
}

function isInternal(service: Service, view: TopologyView): boolean {
  return service.zones.some((name) => view.zones.get(name)?.internal !== false);
}

function isEgress(service: Service): boolean {
  return service.run.role === 'egress';
}

function pathTo(name: string, cameFrom: ReadonlyMap<string, string | null>): string {
  const path: string[] = [];
  for (let at: string | null = name; at !== null; at = cameFrom.get(at) ?? null) path.unshift(at);
  return path.join(' -> ');
}

function fault(service: Service, how: string, where: Pick<Service, 'at'>): Fault {
  return {
    severity: 'fatal',
    about: service.name,
    message: `a way out that does not pass egress: ${how}`,
    fix: `Remove it, and list the hosts that ${service.name} needs under egress.rules.`,
    at: where.at,
  };
}
