// Who can reach whom by the declared edges, as a pure function: the topology's own answer, before
// anything runs.

import { hostsOfRule } from './egress-rules.ts';
import type { Edge, Run, Topology } from './model.ts';

export type Path = readonly Edge[];
export type Reach = ReadonlyMap<string, Path>;

/** Everything that `from` reaches, with a shortest path there. Linear in services and edges. */
export function reachable(topology: Topology, from: string): Reach {
  return createReach(topology).from(from);
}

export interface ReachIndex {
  from(name: string): Reach;
  /** Every edge by which `from` can arrive at `to`, each with a shortest path that ends with it. */
  paths(from: string, to: string): readonly Path[];
}

/** The same for many questions about one topology: the index is built once. */
export function createReach(topology: Topology): ReachIndex {
  const out = Map.groupBy(topology.edges, (edge) => edge.from);
  const roles = new Map(topology.services.map(({ name, run }) => [name, run.role]));
  const walk = (from: string) => walkEdges(out, roles, from);
  return {
    from: (name) => {
      const came = walk(name);
      const first = new Map<string, Path>();
      for (const edge of came.keys()) {
        if (edge.to !== name && !first.has(edge.to)) first.set(edge.to, pathTo(came, edge));
      }
      return first;
    },
    paths: (from, to) => {
      const came = walk(from);
      const arrivals = [...came.keys()].filter((edge) => edge.to === to);
      return arrivals.flatMap((edge) =>
        to === 'internet' && edge.from !== from ? waysOut(came, edge) : [pathTo(came, edge)],
      );
    },
  };
}

type Came = Map<Edge, Edge | null>;
type Edges = ReadonlyMap<string, readonly Edge[]>;

/** Breadth first over edges: which edge can be used, and after which other. */
function walkEdges(out: Edges, roles: ReadonlyMap<string, Run['role']>, from: string): Came {
  const came: Came = new Map((out.get(from) ?? []).map((edge) => [edge, null]));
  const open = new Set([from]);
  for (const edge of came.keys()) {
    const arrival = arrivalOf(edge, roles.get(edge.to));
    if (arrival === 'ends' || (arrival === 'full' && open.has(edge.to))) continue;
    if (arrival === 'full') open.add(edge.to);
    const onward = out.get(edge.to) ?? [];
    const routed = arrival === 'routed' ? routesOf(edge, onward) : onward;
    for (const next of routed) {
      if (mayLeave(edge, next) && !came.has(next)) came.set(next, edge);
    }
  }
  return came;
}

/**
 * What can be done with a service once there. An admin port answers about the service alone.
 * Through ingress a path leads where its route does. Anything else may, at worst, use every edge
 * its callee has.
 */
function arrivalOf(
  edge: Edge,
  role: Run['role'] | undefined,
): 'ends' | 'routed' | 'full' | 'proxied' {
  if (edge.port === 'admin') return 'ends';
  if (role === 'egress') return 'proxied';
  // Without TLS it answers for itself and leads nowhere.
  if (role === 'ingress' && edge.port === 'http') return 'ends';
  if (role === 'ingress' && edge.paths !== undefined) return 'routed';
  return 'full';
}

/**
 * The way out is for those who have an edge to egress with hosts; being called by egress's callers
 * is not enough.
 */
function mayLeave(edge: Edge, next: Edge): boolean {
  if (next.to !== 'internet') return true;
  return edge.protocol === 'connect' && (edge.hosts?.length ?? 0) > 0;
}

/** Longest prefix wins, as in ingress; an edge without paths is the route for `/`. */
function routesOf(edge: Edge, onward: readonly Edge[]): readonly Edge[] {
  const chosen = new Set<Edge>();
  for (const path of edge.paths ?? []) {
    const length = (next: Edge) =>
      Math.max(
        ...(next.paths ?? ['/']).map((prefix) => (path.startsWith(prefix) ? prefix.length : 0)),
      );
    const best = Math.max(0, ...onward.map(length));
    for (const next of onward) if (length(next) === best && best > 0) chosen.add(next);
  }
  return [...chosen];
}

/** One path per caller of egress on the way: each has hosts of its own. */
function waysOut(came: Came, leave: Edge): readonly Path[] {
  return [...came.keys()]
    .filter((edge) => edge.to === leave.from && mayLeave(edge, leave))
    .map((edge) => [...pathTo(came, edge), leave]);
}

function pathTo(came: Came, last: Edge): Path {
  const path = [last];
  for (let edge = came.get(last) ?? null; edge !== null; edge = came.get(edge) ?? null)
    path.push(edge);
  return path.toReversed();
}

/**
 * On a path to the internet: the hosts it is for, with their ports, as egress's rules have them.
 */
export function hostsOn(topology: Topology, path: Path): readonly string[] {
  const caller = path.findLast(({ protocol }) => protocol === 'connect')?.from;
  const run = topology.services.map((service) => service.run).find(({ role }) => role === 'egress');
  if (run?.role !== 'egress') return [];
  const rules = run.rules.rules.filter((rule) => caller === undefined || rule.caller === caller);
  const all = rules.flatMap((rule) =>
    hostsOfRule(rule).flatMap((host) => rule.ports.map((port) => `${host}:${port}`)),
  );
  const everyone = (run.rules.globalAllow ?? []).map((host) => `${host}:443`);
  return [...new Set([...all, ...everyone])];
}
