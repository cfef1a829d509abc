// Sockets are the edges of a sealed stack. A socket file has one identity (device and inode)
// wherever it is mounted, so a way to another service is found under any name, and a declared way
// that leads elsewhere too.

import { socketIn } from '../plan/paths.ts';
import type { Topology } from '../topology/model.ts';
import { judge } from './judge.ts';
import type { Declared, Row, State } from './model.ts';
import type { FoundSocket } from './probes/files.ts';
import {
  dockerSocketsOf,
  type HostFacts,
  hasOwnNetwork,
  type Surveyed,
  type Unasked,
} from './survey.ts';

interface Owner {
  readonly service: string;
  readonly edge: string;
  /** The caller the socket was made for. */
  readonly peer: string;
}

export interface SocketSurroundings {
  readonly topology: Topology;
  readonly host: HostFacts;
  readonly services: readonly Surveyed[];
  readonly unasked: readonly Unasked[];
}

export function socketRows(from: Surveyed, around: SocketSurroundings): Row[] {
  const owners = ownersByIdentity(around.services);
  const found = from.files.sockets.map((socket) => ({
    socket,
    owner: owners.get(socket.identity) ?? null,
  }));
  const dialled = new Set(from.plan.dials.map(({ folder }) => pathIn(folder)));
  const undeclared = found.filter(
    ({ socket, owner }) => !dialled.has(socket.path) && !isOwn(from, socket, owner, around),
  );
  return [
    ...from.plan.dials.map((dial) => dialRow(from, dial, around)),
    ...undeclared.map(({ socket, owner }) => strayRow(from, socket, owner, around)),
    ...closedPairs(from, found, around),
    ...(from.files.complete ? [] : [unseenRow(from)]),
  ];
}

function ownersByIdentity(services: readonly Surveyed[]): Map<string, Owner> {
  return new Map(
    services.flatMap(({ name, plan, files }) =>
      plan.listens.flatMap(({ edge, peer, folder }): [string, Owner][] => {
        const socket = files.sockets.find(({ path }) => path === pathIn(folder));
        return socket === undefined ? [] : [[socket.identity, { service: name, edge, peer }]];
      }),
    ),
  );
}

/** A declared edge: its socket must be there, be the callee's own, and answer. */
function dialRow(
  from: Surveyed,
  { edge, peer, folder }: Surveyed['plan']['dials'][number],
  around: SocketSurroundings,
): Row {
  const path = pathIn(folder);
  const socket = from.files.sockets.find((each) => each.path === path);
  const callee = around.services.find(({ name }) => name === peer);
  const listen = callee?.plan.listens.find((each) => each.edge === edge);
  const meant = callee?.files.sockets.find((each) => each.path === pathIn(listen?.folder ?? ''));
  const base = { from: from.name, to: peer, via: 'unix', what: path } as const;
  const declared = declaredBy(around.topology, edge);
  if (socket === undefined) {
    const evidence = 'the socket is not there';
    const fix = `The edge ${edge} was not made: restart ${from.name} and ${peer}.`;
    return judge({ ...base, declared, observed: 'absent', evidence, fix });
  }
  const wrongEnd = meant !== undefined && meant.identity !== socket.identity;
  if (wrongEnd) {
    const owner = ownersByIdentity(around.services).get(socket.identity);
    const end = owner === undefined ? 'something else' : `${owner.service} (${owner.edge})`;
    const evidence = `leads to ${end}, not to ${peer}`;
    const fix = `Another socket is mounted in place of ${edge}: restart ${from.name}.`;
    return judge({
      ...base,
      to: owner?.service ?? 'host',
      declared: null,
      observed: 'open',
      evidence,
      fix,
    });
  }
  const observed = stateOf(socket);
  const evidence = observed === 'open' ? `connected; the socket is ${peer}'s own` : socket.code;
  const fix = `${peer} does not answer on this edge: look at its log, restart it.`;
  return judge({ ...base, declared, observed, evidence, fix });
}

function strayRow(
  from: Surveyed,
  socket: FoundSocket,
  owner: Owner | null,
  around: SocketSurroundings,
): Row {
  const docker = dockerSocketsOf(around.topology).some(
    (path) => around.host.identities.get(path) === socket.identity,
  );
  const mount = from.plan.mounts.find(({ target }) => target === socket.path);
  const edge = docker
    ? around.topology.edges.find((each) => each.from === from.name && each.to === 'docker.sock')
    : undefined;
  const declared =
    mount === undefined ? null : { by: edge?.id ?? 'mount', at: edge?.at ?? from.service.at };
  const looksDocker = docker || socket.path.endsWith('/docker.sock');
  const to = owner?.service ?? (looksDocker ? 'docker.sock' : 'host');
  const who =
    owner === null ? '' : `; it is ${owner.service}'s socket for ${owner.peer} (${owner.edge})`;
  return judge({
    from: from.name,
    to,
    via: 'unix',
    what: socket.path,
    declared,
    observed: stateOf(socket),
    evidence: `${socket.code}${who}`,
    fix: `Nothing declares this socket: take the mount of ${socket.path} out of ${from.name} and restart it.`,
  });
}

/** What lies beyond the bound could be a socket of anybody. */
function unseenRow({ name, files }: Surveyed): Row {
  return judge({
    from: name,
    to: 'host',
    via: 'unix',
    what: 'sockets in all of its files',
    declared: null,
    observed: 'unknown',
    evidence: `only ${files.entries} files were looked at before the bound`,
    fix: `${name} has more files than verification walks; find out what fills it.`,
  });
}

/**
 * Every other service of which no socket was seen: said once, so that the closed pairs show as
 * tried.
 */
function closedPairs(
  from: Surveyed,
  found: readonly { readonly owner: Owner | null }[],
  around: SocketSurroundings,
): Row[] {
  const dialled = new Set(from.plan.dials.map(({ peer }) => peer));
  const seen = new Set(found.flatMap(({ owner }) => (owner === null ? [] : [owner.service])));
  const { complete, sockets, entries } = from.files;
  const others = around.services.filter(
    ({ name }) => name !== from.name && !dialled.has(name) && !seen.has(name),
  );
  return others.map((other) => {
    const theirs = other.plan.listens.length;
    return judge({
      from: from.name,
      to: other.name,
      via: 'unix',
      what: `the sockets of ${other.name}`,
      declared: null,
      observed: complete ? 'absent' : 'unknown',
      evidence: complete
        ? `none of the ${sockets.length} sockets in its files is one of ${theirs} of ${other.name}`
        : `only ${entries} files were looked at before the bound`,
      fix: `${from.name} has more files than verification walks; find out what fills it.`,
    });
  });
}

/**
 * Its listeners, and what it made for itself in a folder of its own and listens on in its own
 * namespace.
 */
function isOwn(
  from: Surveyed,
  { path }: FoundSocket,
  owner: Owner | null,
  { host }: SocketSurroundings,
): boolean {
  if (owner !== null) return owner.service === from.name;
  const ownFolder = ['/var/lib/clincher/', '/tmp/'].some((folder) => path.startsWith(folder));
  const bound = from.system.unixPaths.includes(path);
  const inListens = from.plan.listens.some(({ folder }) => path === pathIn(folder));
  return inListens || (ownFolder && (bound || !hasOwnNetwork(from, host)));
}

function declaredBy(topology: Topology, id: string): Declared {
  const edge = topology.edges.find((each) => each.id === id);
  return { by: id, at: edge?.at ?? { file: 'clincher.yaml', line: 0, column: 0 } };
}

function stateOf({ code }: FoundSocket): State {
  if (code === 'connected') return 'open';
  if (code === 'EACCES' || code === 'EPERM') return 'denied';
  if (code === 'ECONNREFUSED') return 'down';
  return code === 'ENOENT' ? 'absent' : 'unknown';
}

function pathIn(folder: string): string {
  return socketIn(folder).slice('unix:'.length);
}
