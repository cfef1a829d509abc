// A service's edges as sockets: made by the callee for each caller, mounted into the caller.

import { type Edge, edgeId, type Service, type Topology } from '../topology/model.ts';
import { jailMaker } from '../topology/sandbox.ts';
import type { SocketFolder } from './model.ts';
import { dialFolder, listenFolder, supervisorName } from './paths.ts';

export interface Sockets {
  readonly listens: readonly SocketFolder[];
  readonly dials: readonly SocketFolder[];
  readonly edgesIn: readonly Edge[];
  readonly edgesOut: readonly Edge[];
}

/** Edges with an external or another host at the other end have no socket here. */
export function socketsOf(topology: Topology, service: Service): Sockets {
  const { name } = service;
  const local = new Set(topology.services.filter(({ host }) => host === 'app').map(nameOf));
  const edgesIn = topology.edges.filter(({ from, to }) => to === name && local.has(from));
  const edgesOut = topology.edges.filter(({ from, to }) => from === name && local.has(to));
  // The driver makes jails for who may ask it to, at a socket like that of any other callee.
  const asked = topology.edges.filter(({ from, to }) => from === name && to === jailMaker);
  const supervisor = edgeId(supervisorName, name, 'admin');
  return {
    edgesIn,
    edgesOut,
    listens: [
      ...edgesIn.map(({ id, from, port }) => ({
        edge: id,
        peer: from,
        folder: listenFolder(from, port),
      })),
      { edge: supervisor, peer: supervisorName, folder: listenFolder(supervisorName, 'admin') },
    ],
    dials: [...edgesOut, ...asked].map(({ id, to, port }) => ({
      edge: id,
      peer: to,
      folder: dialFolder(to, port),
    })),
  };
}

function nameOf(service: Service): string {
  return service.name;
}
