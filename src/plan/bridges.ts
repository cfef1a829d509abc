// Where containers are kept apart by networks: a bridge for each pair with an edge, a small subnet
// for each, and an address for either end. So the address that a connection arrives at says who
// calls, as a socket does in a sealed stack.

import { createHash } from 'node:crypto';
import type { Edge, Service, Topology } from '../topology/model.ts';
import { addressText } from './address-text.ts';
import type { BridgeEnd } from './model.ts';
import { sharedBridgeEnds } from './shared-bridges.ts';

/** Of a subnet: the first is the bridge's own, where it has one. */
const places = { gateway: 1, callee: 2, caller: 3 } as const;
/** Bits of a subnet: eight addresses; in a swarm, where each of its nodes takes one too, 64. */
const [bridgeBits, overlayBits] = [29, 26] as const;
const bridgesOfStack = 512;
/** 10.192.0.0/10, which few networks use, in parts: one for each stack. */
const [firstAddress, addresses] = [0x0ac00000, 2 ** 22] as const;

type Bridge = Pick<BridgeEnd, 'bridge' | 'kind' | 'zone' | 'purpose'> & {
  readonly callee: string;
  readonly caller: string | null;
};

/**
 * `stack` is a name of the stack on its machine: with it a stack has the same subnets always, and
 * others than its neighbours have. A subnet stays what it is when other edges come and go, but for
 * two names that fall on the same one.
 */
export function bridgeEnds(topology: Topology, stack: string): ReadonlyMap<string, BridgeEnd[]> {
  const isOverlay = topology.driver === 'swarm';
  const bits = isOverlay ? overlayBits : bridgeBits;
  const addressesOfBridge = 2 ** (32 - bits);
  const addressesOfPart = bridgesOfStack * addressesOfBridge;
  const part = firstAddress + (numberOf(stack) % (addresses / addressesOfPart)) * addressesOfPart;
  if (topology.isolation === 'reference') return sharedBridgeEnds(topology, part);
  const taken = new Set<number>();
  const ends = new Map<string, BridgeEnd[]>();
  for (const { callee, caller, ...bridge } of bridgesOf(topology)) {
    let at = numberOf(bridge.bridge) % bridgesOfStack;
    while (taken.has(at)) at = (at + 1) % bridgesOfStack;
    taken.add(at);
    const first = part + at * addressesOfBridge;
    const subnet = `${addressText(first)}/${bits}`;
    const gateway = addressText(first + places.gateway);
    const join = (service: string, peer: string | null, end: BridgeEnd['end']) => {
      const addressAt = (one: BridgeEnd['end']) => addressText(first + places[one]);
      const found = isOverlay
        ? { address: subnet, calleeAddress: end === 'callee' ? subnet : `${callee}@${subnet}` }
        : { address: addressAt(end), calleeAddress: addressAt('callee') };
      const joined = { ...bridge, end, peer, subnet, gateway, ...found };
      ends.set(service, [...(ends.get(service) ?? []), joined]);
    };
    join(callee, caller, 'callee');
    if (caller !== null) join(caller, callee, 'caller');
  }
  return ends;
}

/** In the order of their names, so that the order of declarations changes nothing. */
function bridgesOf(topology: Topology): readonly Bridge[] {
  const services = topology.services.filter(({ host }) => host === 'app');
  const pairs = pairsOf(topology, services);
  const all = [...pairs, ...doors(topology, services), ...waysOut(topology, services)];
  return all.toSorted((a, b) => (a.bridge < b.bridge ? -1 : 1));
}

/**
 * Whether an edge is a socket that its two ends have, and no address. What somebody else wrote
 * knows no such sockets: an edge of it has a bridge, in a sealed stack too.
 */
export function isSocket({ isolation, services }: Topology, { from, to }: Edge): boolean {
  const isOther = ({ name, run }: Service) =>
    run.role === 'program' && (name === from || name === to);
  return isolation === 'sealed' && !services.some(isOther);
}

function pairsOf(topology: Topology, services: readonly Service[]): readonly Bridge[] {
  const local = new Set(services.map(({ name }) => name));
  const pairs = new Map<string, readonly Edge[]>();
  for (const edge of topology.edges) {
    if (!local.has(edge.from) || !local.has(edge.to) || isSocket(topology, edge)) continue;
    const pair = `${edge.zone}.${edge.from}--${edge.to}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), edge]);
  }
  return [...pairs].map(([bridge, edges]): Bridge => {
    const [first] = edges;
    const purpose = edges.map((edge) => `${edge.port}: ${edge.purpose}`).join('; ');
    return {
      ...{ bridge, kind: 'edge', zone: first?.zone ?? '', purpose },
      ...{ callee: first?.to ?? '', caller: first?.from ?? '' },
    };
  });
}

/** Docker publishes ports of a bridge that is not internal alone. */
function doors(topology: Topology, services: readonly Service[]): readonly Bridge[] {
  return services
    .filter(({ rights }) => rights.worldListeners.length > 0)
    .map(({ name, zones }): Bridge => {
      const edge = topology.edges.find(({ to, protocol }) => to === name && protocol === 'https');
      const zone = edge?.zone ?? zones[0] ?? name;
      const purpose = edge?.purpose ?? 'a published port';
      return {
        ...{ bridge: `${zone}.${name}`, kind: 'door', zone, purpose },
        ...{ callee: name, caller: null },
      };
    });
}

function waysOut(topology: Topology, services: readonly Service[]): readonly Bridge[] {
  return services
    .filter(({ rights }) => rights.network === 'outside')
    .map(({ name, zones }): Bridge => {
      const edge = topology.edges.find(({ from, to }) => from === name && to === 'internet');
      const zone = edge?.zone ?? zones.at(-1) ?? name;
      return {
        ...{ bridge: `${zone}.${name}`, kind: 'way-out', zone, callee: name, caller: null },
        purpose: edge?.purpose ?? 'a way out',
      };
    });
}

function numberOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0);
}
