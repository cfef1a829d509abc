// Where services are pods of a cluster: a callee has one address, and a port for each caller, to
// which the network's policy lets that caller alone. So the port that a connection arrives at says
// who calls, as a socket does in a sealed stack; and nobody needs a name to find anybody.

import { createHash } from 'node:crypto';
import { ClincherError } from '../kit/error.ts';
import { type Edge, edgeId, type ServiceName, type Topology } from '../topology/model.ts';
import { addressText } from './address-text.ts';

export interface Cluster {
  /** `10.96.192.0/24`: of the cluster's service addresses, those that the stack may have. */
  readonly serviceAddresses: string;
}

export interface ClusterEnds {
  addressOf(callee: ServiceName): string;
  portOf(from: string, to: string, port: string): number;
}

/** Below those that a cluster publishes on its nodes. */
const [firstPort, portsMax] = [20_000, 10_000];

/**
 * Addresses and ports stay what they are when other edges come and go, but for two names that fall
 * on the same one.
 * @throws ClincherError `usage` where there are too few addresses
 */
export function clusterEnds(topology: Topology, { serviceAddresses }: Cluster): ClusterEnds {
  const edges = edgesWithin(topology);
  const [first, count] = rangeOf(serviceAddresses);
  const callees = [...new Set(edges.map(({ to }) => to))].sort();
  if (callees.length > count) {
    throw new ClincherError(
      'usage',
      `${serviceAddresses} is too few for ${callees.length} services`,
    );
  }
  const addresses = placed(callees, count);
  const ports = placed(edges.map(({ id }) => id).sort(), portsMax);
  return {
    addressOf: (callee) => addressText(first + at(addresses, callee)),
    portOf: (from, to, port) => firstPort + at(ports, edgeId(from, to, port)),
  };
}

/** Those with a service of the application host at both ends. */
export function edgesWithin({ services, edges }: Topology): readonly Edge[] {
  const local = new Set(services.filter(({ host }) => host === 'app').map(({ name }) => name));
  return edges.filter(({ from, to }) => local.has(from) && local.has(to));
}

/** Each by its name, and the next free place where that is taken. */
function placed(names: readonly string[], places: number): ReadonlyMap<string, number> {
  const taken = new Set<number>();
  return new Map(
    names.map((name) => {
      let place = createHash('sha256').update(name).digest().readUInt32BE(0) % places;
      while (taken.has(place)) place = (place + 1) % places;
      taken.add(place);
      return [name, place];
    }),
  );
}

function at(places: ReadonlyMap<string, number>, name: string): number {
  const place = places.get(name);
  if (place === undefined) throw new ClincherError('usage', `nothing declares ${name}`);
  return place;
}

/** The first address that may be given away, and how many. */
function rangeOf(text: string): readonly [first: number, count: number] {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const [a = 256, b = 256, c = 256, d = 256, bits = 0] = match?.slice(1).map(Number) ?? [];
  if (Math.max(a, b, c, d) > 255 || bits < 16 || bits > 28) {
    throw new ClincherError('usage', `${text} is no range of addresses from /16 to /28`, {
      fix: 'Take a part of the service addresses of the cluster, such as 10.96.192.0/24.',
    });
  }
  const size = 2 ** (32 - bits);
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  return [base - (base % size) + 1, size - 2];
}
