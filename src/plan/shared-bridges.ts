// `isolation: reference`: a bridge for each zone, with every service of the zone on it, as the
// stack was first drawn. Who calls cannot be told from where a connection arrives, so each caller
// gets a port of its own; that the others on the bridge keep to theirs is enforced by nothing.

import { assert } from '../kit/assert.ts';
import type { Edge, Topology } from '../topology/model.ts';
import { addressText } from './address-text.ts';
import type { BridgeEnd } from './model.ts';

const addressesOfZone = 256;
/** The first is the bridge's own. */
const firstMember = 2;

/** `first` is the first address of the stack's part. */
export function sharedBridgeEnds(
  topology: Topology,
  first: number,
): ReadonlyMap<string, BridgeEnd[]> {
  const ends = new Map<string, BridgeEnd[]>();
  for (const [index, { name: zone }] of zonesOf(topology).entries()) {
    const at = first + index * addressesOfZone;
    const members = membersOf(topology, zone);
    for (const [place, { name }] of members.entries()) {
      const address = addressText(at + firstMember + place);
      const end: BridgeEnd = {
        ...{ bridge: zone, kind: kindOf(topology, zone), zone, end: 'callee', peer: null },
        purpose: `shared by ${members.map((each) => each.name).join(', ')}`,
        ...{ subnet: `${addressText(at)}/24`, gateway: addressText(at + 1) },
        ...{ address, calleeAddress: address },
      };
      ends.set(name, [...(ends.get(name) ?? []), end]);
    }
  }
  return ends;
}

/**
 * A port for each caller of a callee's, from the port's number up; a program that is not ours has
 * the one that it listens at.
 */
export function sharedPort({ edges, services }: Topology, edge: Edge, first: number): number {
  const callee = services.find(({ name }) => name === edge.to);
  if (callee?.run.role === 'program') return first;
  const local = new Set(services.filter(({ host }) => host === 'app').map(({ name }) => name));
  const callers = edges
    .filter(({ from, to, port }) => to === edge.to && port === edge.port && local.has(from))
    .map(({ from }) => from)
    .toSorted();
  return first + Math.max(callers.indexOf(edge.from), 0);
}

/** Where a callee is on the bridge that its edge is in. */
export function sharedAddress(
  ends: ReadonlyMap<string, readonly BridgeEnd[]>,
  { id, to, zone }: Edge,
): string {
  const end = ends.get(to)?.find(({ bridge }) => bridge === zone);
  assert(end !== undefined, `${id} is in no zone of its callee`);
  return end.address;
}

function zonesOf({ zones }: Topology) {
  return zones.filter(({ host }) => host === 'app');
}

function membersOf({ services }: Topology, zone: string) {
  return services
    .filter(({ host, zones }) => host === 'app' && zones.includes(zone))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Ports are published, and ways lead out, from a bridge that is not internal. */
function kindOf(topology: Topology, zone: string): BridgeEnd['kind'] {
  if (topology.zones.find(({ name }) => name === zone)?.internal === false) return 'way-out';
  const hasDoor = membersOf(topology, zone).some(({ rights }) => rights.worldListeners.length > 0);
  return hasDoor ? 'door' : 'shared';
}
