// Where each service is drawn: in one box, although it may be in two zones.

import type { Edge, Service, Topology, Zone } from '../topology/model.ts';

export interface Box<S = DrawnService> {
  readonly zone: Zone;
  readonly services: readonly S[];
}

type DrawnService = Pick<Service, 'name' | 'host' | 'zones'>;

/** What a picture needs of a topology. */
export type Drawn = Pick<Topology, 'zones' | 'externals' | 'edges'> & {
  readonly services: readonly DrawnService[];
};

/** One of several in a picture. */
export interface Picture {
  readonly title: string;
  readonly topology: Topology;
  /** A fill for some of the services, by name. */
  readonly marks: ReadonlyMap<string, string>;
}

/**
 * A service in two zones is drawn where it does its work: in the zone that leads out if it has one,
 * else in the one with the most services.
 */
export function boxesOf<S extends DrawnService>(
  topology: Pick<Topology, 'zones'> & { readonly services: readonly S[] },
): readonly Box<S>[] {
  const homes = new Map(
    topology.services.map((service) => [service.name, homeOf(topology, service)]),
  );
  return topology.zones.map((zone) => ({
    zone,
    services: topology.services.filter(({ name }) => homes.get(name) === zone.name),
  }));
}

function homeOf(
  { zones, services }: Pick<Drawn, 'zones' | 'services'>,
  service: DrawnService,
): string {
  const own = zones.filter(({ name }) => service.zones.includes(name));
  const members = (zone: Zone) => services.filter((each) => each.zones.includes(zone.name)).length;
  const outward = own.find(({ internal }) => !internal);
  const largest = own.toSorted((a, b) => members(b) - members(a))[0];
  return (outward ?? largest)?.name ?? service.zones[0] ?? '';
}

/** Edges that everyone has, and that would hide the others: metrics to every admin port. */
export function isAdmin({ port }: Edge): boolean {
  return port === 'admin';
}

/** Hosts, or paths, that an edge is narrowed to; a long list is cut. */
export function narrowing({ hosts, paths }: Edge, shownMax = 3): string {
  const all = hosts ?? paths ?? [];
  const shown = all.slice(0, shownMax).join(', ');
  return all.length > shownMax ? `${shown} and ${all.length - shownMax} more` : shown;
}
