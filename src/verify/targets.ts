// What each service is made to try, derived from the topology, the plan, the host's facts and what
// the other services were found to have. Pure. Outside addresses are documentation ranges (RFC
// 5737, RFC 3849) and, for whoever has a declared edge to the internet, the hosts declared for it:
// never a stranger.

import { defaultPlace } from '../kit/place.ts';
import type { Topology } from '../topology/model.ts';
import type { Canaries } from './canary.ts';
import { hostTargets, listensAt, targetOf } from './host-targets.ts';
import {
  dockerSocketsOf,
  type HostFacts,
  hasOwnNetwork,
  leadsOut,
  type Surveyed,
} from './survey.ts';
import { abstract, type Target, targetKey, tcp, unique, viaOf } from './target.ts';

export interface Surroundings {
  readonly topology: Topology;
  readonly host: HostFacts;
  readonly canaries: Canaries;
  /** Canary targets, as `kind address port`, that the host itself could reach. */
  readonly canariesLive: ReadonlySet<string>;
  readonly services: readonly Surveyed[];
}

/** What matters most comes first: a run has a bound. */
export function targetsOf(from: Surveyed, around: Surroundings): Target[] {
  const outside = leadsOut(from, around.host);
  const mark = (targets: readonly Target[]) =>
    targets.map((target) => ({ ...target, comesWithOutside: outside && target.comesWithOutside }));
  const canaries = canaryTargets(around);
  const known = new Set(canaries.map(targetKey));
  const host = hostTargets(from, around.host).filter((target) => !known.has(targetKey(target)));
  return [
    ...mark(canaries),
    ...edgeTargets(from, around.topology),
    ...dockerTargets(from, around.topology),
    ...declaredTargets(from, around.topology),
    ...mark(host),
    ...peerTargets(from, around),
  ];
}

function canaryTargets({ canaries, canariesLive }: Surroundings): Target[] {
  return canaries.targets.map((canary) => ({
    ...canary,
    to: 'host',
    via: viaOf(canary.kind, canary.address),
    declared: null,
    live: canariesLive.has(targetKey(canary)),
    // A path is reached through files, which a shared network does not bring along.
    comesWithOutside: canary.kind !== 'unix',
  }));
}

/**
 * By path; whoever has one mounted by plan is judged by its sockets (socket-rows.ts), as is any
 * other name of it.
 */
function dockerTargets(from: Surveyed, topology: Topology): Target[] {
  const mounted = from.plan.mounts.map(({ target }) => target.replace('/var/run/', '/run/'));
  return dockerSocketsOf(topology)
    .filter((path) => !mounted.includes(path.replace('/var/run/', '/run/')))
    .map((address) => ({
      ...{ kind: 'unix', address, port: 0, token: null, to: 'docker.sock', via: 'unix' },
      ...{ declared: null, live: false, comesWithOutside: false },
    }));
}

/** Its own edges, where they are addresses. */
function edgeTargets({ plan }: Surveyed, { edges }: Topology): Target[] {
  return (plan.reaches ?? []).map(({ edge: id, peer, address }) => {
    const { host, port } = hostAndPort(address);
    const at = edges.find((edge) => edge.id === id)?.at ?? defaultPlace();
    const declared = { by: id, at };
    return { ...tcp(peer, host, port, true), declared, comesWithOutside: false };
  });
}

/** Of `tcp:10.192.0.2:4000`. */
export function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const end = address.lastIndexOf(':');
  return { host: address.slice('tcp:'.length, end), port: Number(address.slice(end + 1)) };
}

/**
 * Where the others listen: on their own loopback, which must not be this one's, on any interface
 * they have, and under names without a file.
 */
function peerTargets(from: Surveyed, { services, host }: Surroundings): Target[] {
  const own = new Set((from.plan.reaches ?? []).map(({ address }) => address));
  return services.flatMap((peer) => {
    if (peer.name === from.name || !hasOwnNetwork(peer, host)) return [];
    const addresses = peer.system.interfaces.map(({ address }) => address);
    const targets = [
      ...peer.system.listeners.flatMap((listener) =>
        listensAt(listener, addresses)
          .filter((address) => !own.has(`tcp:${address}:${listener.port}`))
          .map((address) => targetOf(peer.name, listener, address)),
      ),
      ...peer.system.abstracts.map((name) => abstract(peer.name, name)),
    ];
    return unique(targets).map((target) => ({ ...target, comesWithOutside: false }));
  });
}

/**
 * The hosts of an edge to the internet, at the ports that egress's rules give them. Patterns name
 * no host.
 */
function declaredTargets(from: Surveyed, topology: Topology): Target[] {
  const internet = new Set(
    topology.externals.filter(({ kind }) => kind === 'internet').map(({ name }) => name),
  );
  const edges = topology.edges.filter((edge) => edge.from === from.name && internet.has(edge.to));
  const { run } = from.service;
  const rules = run.role === 'egress' ? run.rules : null;
  return edges.flatMap((edge) =>
    (edge.hosts ?? []).flatMap((name) => {
      if (name.includes('*')) return [];
      const ports = rules?.rules
        .filter(({ hosts }) => hosts.includes(name))
        .flatMap((r) => r.ports);
      const address = rules?.resolve[name]?.[0] ?? name;
      return [...new Set(ports ?? [443])].map((port) => ({
        ...tcp(edge.to, address, port, false),
        declared: { by: edge.id, at: edge.at },
        comesWithOutside: false,
      }));
    }),
  );
}
