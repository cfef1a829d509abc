// Which connections a topology declares, once its services are pods: what policies are written
// from, and what those that were written are compared with.

import { ClincherError } from '../../kit/error.ts';
import { edgesWithin } from '../../plan/cluster.ts';
import type { Edge, Topology } from '../../topology/model.ts';
import type { KubernetesStack } from './model.ts';

export interface Connection {
  readonly edge: string;
  readonly from: string;
  /** A service, or `internet`. */
  readonly to: string;
  readonly port: number;
  readonly purpose: string;
}

export interface WayOut {
  readonly from: string;
  readonly purpose: string;
  readonly ports: readonly number[];
  readonly hosts: readonly string[];
  /** Of the user's own, beside what is public. */
  readonly addresses: readonly OwnAddress[];
}

export interface OwnAddress {
  readonly cidr: string;
  /** Null: those of its caller's rule. */
  readonly port: number | null;
}

/** Between services; each has a port to itself. */
export function connectionsWithin({ topology, services }: KubernetesStack): readonly Connection[] {
  const answers = services.flatMap(({ plan }) => plan.answers ?? []);
  const ports = new Map(answers.map(({ edge, address }) => [edge, portOf(address)]));
  return edgesWithin(topology).map((edge) => connection(edge, ports.get(edge.id)));
}

/** From people, to who listens for the world. */
export function connectionsIn({ topology, services }: KubernetesStack): readonly Connection[] {
  const outside = new Set(topology.externals.map(({ name }) => name));
  return services.flatMap(({ plan }) =>
    (plan.answers ?? [])
      .filter(({ peer }) => outside.has(peer))
      .map(({ edge, address }) => {
        const declared = topology.edges.find(({ id }) => id === edge);
        const rest = { purpose: declared?.purpose ?? 'the only way in', port: portOf(address) };
        return { edge, from: declared?.from ?? 'people', to: plan.name, ...rest };
      }),
  );
}

/** Of who has a route out and an edge to the internet. */
export function waysOut({ topology, services }: KubernetesStack): readonly WayOut[] {
  const local = new Set(services.map(({ plan }) => plan.name));
  return topology.edges
    .filter(({ from, to }) => to === 'internet' && local.has(from))
    .map(({ from, purpose, hosts = [] }) => ({ from, purpose, hosts, ...reachOf(topology, from) }));
}

function reachOf({ services }: Topology, name: string): Pick<WayOut, 'ports' | 'addresses'> {
  const run = services.find((one) => one.name === name)?.run;
  if (run?.role !== 'egress') return { ports: [443], addresses: [] };
  const ports = new Set(run.rules.rules.flatMap((rule) => rule.ports));
  return {
    ports: [...ports].sort((a, b) => a - b),
    addresses: run.rules.unsafeAllowAddresses.map(ownAddress),
  };
}

function ownAddress(text: string): OwnAddress {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})(\/\d{1,2})?(?::(\d{1,5}))?$/.exec(text);
  if (match === null) {
    throw new ClincherError('usage', `${text} cannot be written into a policy of Kubernetes`, {
      fix: 'Use an IPv4 address or range in `unsafeAllowAddresses`.',
    });
  }
  const [, address, bits = '/32', port] = match;
  return { cidr: `${address}${bits}`, port: port === undefined ? null : Number(port) };
}

function connection({ id, from, to, purpose }: Edge, port: number | undefined): Connection {
  if (port === undefined) throw new ClincherError('usage', `nobody listens for ${id}`);
  return { edge: id, from, to, port, purpose };
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
