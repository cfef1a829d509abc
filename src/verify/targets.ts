// What each service is made to try, derived from the topology, the plan, the host's facts and what
// the other services were found to have. Pure. Outside addresses are documentation ranges (RFC
// 5737, RFC 3849) and, for whoever has a declared edge to the internet, the hosts declared for it:
// never a stranger.

import { isIPv6 } from 'node:net';
import { defaultPlace } from '../kit/place.ts';
import type { Topology } from '../topology/model.ts';
import type { Canaries } from './canary.ts';
import type { Declared, Via } from './model.ts';
import type { ReachTarget } from './probes/reach.ts';
import type { Listener } from './probes/system.ts';
import {
  dockerSocketsOf,
  type HostFacts,
  hasOwnNetwork,
  leadsOut,
  type Surveyed,
} from './survey.ts';

export interface Target extends Omit<ReachTarget, 'id'> {
  readonly to: string;
  readonly via: Via;
  readonly declared: Declared | null;
  /**
   * Known to be up, because its owner lists it or because verification reached it from the host.
   */
  readonly live: boolean;
  /** What a declared network `outside` brings along by sharing the host's network. */
  readonly comesWithOutside: boolean;
}

export const documentationAddresses = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1'];
export const metadataAddress = '169.254.169.254';
/**
 * RFC 2606: no such name can exist, so asking for it tells a resolver nothing and no stranger is
 * involved.
 */
export const probeName = 'clincher-probe.invalid';
/** More listeners than this on one host are not tried one by one; the canaries stand for them. */
const hostPortsMax = 64;
/** RFC 863: nobody has listened there for decades. */
const discardPort = 9;

export interface Surroundings {
  readonly topology: Topology;
  readonly host: HostFacts;
  readonly canaries: Canaries;
  /** Canary targets, as `kind address port`, that the host itself could reach. */
  readonly canariesLive: ReadonlySet<string>;
  readonly services: readonly Surveyed[];
}

export function targetsOf(from: Surveyed, around: Surroundings): Target[] {
  const outside = leadsOut(from, around.host);
  const mark = (targets: readonly Target[]) =>
    targets.map((target) => ({ ...target, comesWithOutside: outside && target.comesWithOutside }));
  const canaries = canaryTargets(around);
  const known = new Set(canaries.map(targetKey));
  const ports = hostTargets(around.host).filter((target) => !known.has(targetKey(target)));
  return [
    ...mark(canaries),
    ...mark(ports),
    ...mark(outsideTargets(around.host)),
    ...dockerTargets(from, around.topology),
    ...mark(gatewayTargets(from)),
    ...edgeTargets(from, around.topology),
    ...peerTargets(from, around),
    ...declaredTargets(from, around.topology),
  ];
}

export function targetKey(target: Pick<ReachTarget, 'kind' | 'address' | 'port'>): string {
  return `${target.kind} ${target.address} ${target.port}`;
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

/** Every TCP port that listens on the host, at each address where it does. */
function hostTargets({ system }: HostFacts): Target[] {
  const own = system.interfaces.map(({ address }) => address.split('%')[0] ?? address);
  const targets = system.listeners
    .filter(({ protocol }) => protocol.startsWith('tcp'))
    .flatMap(({ address, port }) => {
      const wildcard = address === '0.0.0.0' || address === '::';
      const family = own.filter((each) => isIPv6(each) === isIPv6(address));
      return (wildcard ? family : [address]).map((each) => tcp('host', each, port, true));
    });
  return unique(targets).slice(0, hostPortsMax);
}

function outsideTargets({ resolvers }: HostFacts): Target[] {
  const internet = documentationAddresses.flatMap((address) => [
    ...[443, 53].map((port) => tcp('internet', address, port, false)),
    ...[53, 443].map((port) => udp('internet', address, port)),
  ]);
  const asked = resolvers.flatMap((address) => [
    udp('resolver', address, 53),
    tcp('resolver', address, 53, false),
  ]);
  const name: Target = { ...udp('resolver', probeName, 0), kind: 'name', via: 'dns' };
  return [...internet, tcp('metadata', metadataAddress, 80, false), ...asked, name];
}

/** What would be the host on a bridge: nothing has to listen there for the way to be open. */
function gatewayTargets({ plan }: Surveyed): Target[] {
  return (plan.bridges ?? []).map(({ gateway }) => tcp('host', gateway, discardPort, false));
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
 * Where the others listen: on their own loopback, which must not be this one's, and on any
 * interface they have.
 */
function peerTargets(from: Surveyed, { services, host }: Surroundings): Target[] {
  const own = new Set((from.plan.reaches ?? []).map(({ address }) => address));
  return services.flatMap((peer) => {
    if (peer.name === from.name || !hasOwnNetwork(peer, host)) return [];
    const addresses = peer.system.interfaces.map(({ address }) => address);
    const listeners = peer.system.listeners.filter(({ protocol }) => protocol.startsWith('tcp'));
    return unique(
      listeners.flatMap((listener) =>
        placesOf(listener, addresses)
          .filter((address) => !own.has(`tcp:${address}:${listener.port}`))
          .map((address) => ({
            ...tcp(peer.name, address, listener.port, true),
            comesWithOutside: false,
          })),
      ),
    );
  });
}

function placesOf(listener: Listener, addresses: readonly string[]): readonly string[] {
  if (listener.address !== '0.0.0.0' && listener.address !== '::') return [listener.address];
  return addresses.filter((each) => isIPv6(each) === isIPv6(listener.address));
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

function tcp(to: string, address: string, port: number, live: boolean): Target {
  const via = viaOf('tcp', address);
  const rest = { token: null, declared: null, comesWithOutside: true };
  return { kind: 'tcp', address, port, to, via, live, ...rest };
}

function udp(to: string, address: string, port: number): Target {
  const via = viaOf('udp', address);
  const rest = { token: null, declared: null, comesWithOutside: true };
  return { kind: 'udp', address, port, to, via, live: false, ...rest };
}

function viaOf(kind: ReachTarget['kind'], address: string): Via {
  if (kind === 'unix' || kind === 'abstract') return kind;
  if (kind === 'name') return 'dns';
  return `${kind}${isIPv6(address) ? '6' : '4'}` as Via;
}

function unique(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [targetKey(target), target])).values()];
}
