// A service's edges as what either end is told: a socket made by the callee for each caller and
// mounted into that caller, or an address on a bridge that the two have to themselves.

import { assert } from '../kit/assert.ts';
import { type Edge, edgeId, type Service, type Topology } from '../topology/model.ts';
import { jailMaker } from '../topology/sandbox.ts';
import { bridgeEnds, isSocket } from './bridges.ts';
import { clusterEnds, edgesWithin } from './cluster.ts';
import type { Machine } from './machine.ts';
import type { AddressEnd, BridgeEnd, SocketFolder } from './model.ts';
import { dialFolder, listenFolder, socketIn, supervisorName } from './paths.ts';
import { sharedAddress, sharedPort } from './shared-bridges.ts';
import { stackId } from './stack-id.ts';

export interface Ends {
  readonly listens: readonly SocketFolder[];
  readonly dials: readonly SocketFolder[];
  readonly bridges: readonly BridgeEnd[];
  readonly answers: readonly AddressEnd[];
  readonly reaches: readonly AddressEnd[];
  readonly edgesIn: readonly Edge[];
  readonly edgesOut: readonly Edge[];
  /** Where it listens for a caller: `unix:/run/...`, `tcp:10.192.0.2:4000`. */
  listenAt(caller: string, port: string): string;
  /** Where it finds a callee. */
  dialAt(callee: string, port: string): string;
  /**
   * Where it listens for the world, for each listener: the descriptor it inherits, or its address
   * behind the port.
   */
  readonly doors: readonly string[];
}

/** By the port's name; a callee of the user's own has its number for a name. */
const ports: Readonly<Record<string, number>> = {
  ...{ https: 8_443, http: 8_080, api: 4_000, proxy: 4_750, admin: 9_100, ssh: 2_222 },
  ...{ redis: 6_379, docker: 2_375 },
};

const none: ReadonlyMap<string, BridgeEnd[]> = new Map();

/** Edges with an external or another host at the other end have none here. */
export function endsOf(topology: Topology, service: Service, machine: Machine): Ends {
  const { name } = service;
  const within = edgesWithin(topology);
  const edgesIn = within.filter(({ to }) => to === name);
  const edgesOut = within.filter(({ from }) => from === name);
  const edgeOf = (id: string) => {
    const edge = within.find((each) => each.id === id);
    assert(edge !== undefined, `there is no edge ${id}`);
    return edge;
  };
  const [socketsIn, addressesIn] = bySocket(topology, edgesIn);
  const [socketsOut, addressesOut] = bySocket(topology, edgesOut);
  const cluster = machine.cluster === undefined ? null : clusterEnds(topology, machine.cluster);
  const isOnBridges = topology.driver !== 'embedded' && cluster === null;
  const all = isOnBridges ? bridgeEnds(topology, stackId(machine)) : none;
  const bridges = all.get(name) ?? [];
  // The driver makes jails for who may ask it to, at a socket like that of any other callee.
  const asked = topology.edges.filter(({ from, to }) => from === name && to === jailMaker);
  const admin = { edge: edgeId(supervisorName, name, 'admin'), peer: supervisorName };
  const doors = doorsOf(service, bridges, cluster !== null);
  const addressAt = (edge: Edge) =>
    topology.isolation === 'reference'
      ? `tcp:${sharedAddress(all, edge)}:${sharedPort(topology, edge, numberOf(edge.port))}`
      : addressOf(name, bridges, edge);
  const listenAt = (caller: string, port: string) => {
    if (caller === supervisorName) return socketIn(listenFolder(caller, port));
    const edge = edgeOf(edgeId(caller, name, port));
    if (isSocket(topology, edge)) return socketIn(listenFolder(caller, port));
    if (cluster !== null) return `tcp:${anyAddress}:${cluster.portOf(caller, name, port)}`;
    return addressAt(edge);
  };
  const dialAt = (callee: string, port: string) => {
    if (callee === jailMaker) return socketIn(dialFolder(callee, port));
    const edge = edgeOf(edgeId(name, callee, port));
    if (isSocket(topology, edge)) return socketIn(dialFolder(callee, port));
    if (cluster === null) return addressAt(edge);
    return `tcp:${cluster.addressOf(callee)}:${cluster.portOf(name, callee, port)}`;
  };
  return {
    ...{ edgesIn, edgesOut, bridges, listenAt, dialAt },
    listens: [
      ...socketsIn.map(({ id, from, port }) => ({
        ...{ edge: id, peer: from, folder: listenFolder(from, port) },
      })),
      // A program that is not ours has no health to tell.
      ...(service.run.role === 'program'
        ? []
        : [{ ...admin, folder: listenFolder(supervisorName, 'admin') }]),
    ],
    dials: [...socketsOut, ...asked].map(({ id, to, port }) => ({
      ...{ edge: id, peer: to, folder: dialFolder(to, port) },
    })),
    answers: [
      ...addressesIn.map(({ id, from, port }) => ({
        ...{ edge: id, peer: from, address: listenAt(from, port) },
      })),
      ...doors.map((door, index) => comeIn(topology, name, door, index)),
    ],
    reaches: addressesOut.map(({ id, to, port }) => ({
      ...{ edge: id, peer: to, address: dialAt(to, port) },
    })),
    doors:
      doors.length > 0 ? doors : service.rights.worldListeners.map((_, nth) => `fd:${3 + nth}`),
  };
}

/** Those that are sockets, and the others. */
function bySocket(topology: Topology, edges: readonly Edge[]): readonly [Edge[], Edge[]] {
  const isOne = (edge: Edge) => isSocket(topology, edge);
  return [edges.filter(isOne), edges.filter((edge) => !isOne(edge))];
}

/** A pod has one address, which nobody knows before it runs. */
const anyAddress = '0.0.0.0';

/** The first has TLS, the other has none. */
const doorPorts = ['https', 'http'] as const;

/** Where it listens for the world; none where it does not, or inherits the sockets. */
function doorsOf(
  { rights }: Service,
  bridges: readonly BridgeEnd[],
  isPod: boolean,
): readonly string[] {
  const address = isPod ? anyAddress : bridges.find(({ kind }) => kind === 'door')?.address;
  if (address === undefined) return [];
  const named = rights.worldListeners.map((_, nth) => ports[doorPorts[nth] ?? '']);
  return named.map((port) => `tcp:${address}:${port}`);
}

/** The edge by which people come in. */
function comeIn({ edges }: Topology, name: string, address: string, nth: number): AddressEnd {
  const edge = edges.find(({ to, protocol }) => to === name && protocol === doorPorts[nth]);
  return { edge: edge?.id ?? 'world', peer: edge?.from ?? 'world', address };
}

/** The callee's address on the bridge that the two have. */
function addressOf(name: string, bridges: readonly BridgeEnd[], { from, to, port }: Edge): string {
  const [peer, role] = to === name ? [from, 'callee'] : [to, 'caller'];
  const bridge = bridges.find((each) => each.peer === peer && each.end === role);
  assert(bridge !== undefined, `${name} has no bridge to ${peer}`);
  return `tcp:${bridge.calleeAddress}:${numberOf(port)}`;
}

function numberOf(port: string): number {
  return ports[port] ?? Number(port);
}
