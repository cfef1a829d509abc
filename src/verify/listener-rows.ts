// Who listens to the world. A service in a network of its own must not listen beyond its loopback;
// a listener in the host's network belongs to the services that inherit it by plan, told by the
// inode their processes hold.

import type { Topology } from '../topology/model.ts';
import { judge } from './judge.ts';
import type { Declared, Row } from './model.ts';
import type { Listener } from './probes/system.ts';
import { type HostFacts, hasOwnNetwork, type Surveyed } from './survey.ts';

export function listenerRows(from: Surveyed, host: HostFacts, topology: Topology): Row[] {
  const held = new Set(from.system.heldSockets);
  const world = host.system.listeners.filter(
    ({ inode, protocol }) => held.has(inode) && protocol.startsWith('tcp'),
  );
  const own = hasOwnNetwork(from, host) ? from.system.listeners : [];
  const exposed = own.filter(
    (listener) =>
      !isLoopback(listener.address) && isTcp(listener.protocol) && !isPlanned(from, listener),
  );
  const told = from.inspection.worldListeners.filter(
    (place) => !world.some((listener) => placeOf(listener) === place),
  );
  const unreadable = from.system.unreadableProcesses;
  return [
    ...world.map((listener) => worldRow(from, placeOf(listener), topology)),
    ...told.map((place) => worldRow(from, place, topology)),
    ...exposed.map((listener) => exposedRow(from, listener)),
    ...missingRows(from, [...world.map(placeOf), ...from.inspection.worldListeners], topology),
    ...(hasOwnNetwork(from, host) ? unheld(from) : []).map((place) => strangerRow(from, place)),
    ...(unreadable.length > 0 ? [unreadableRow(from, unreadable)] : []),
  ];
}

/** On a bridge the engine's own resolver answers too, from outside the container. */
function unheld({ plan, system }: Surveyed): readonly string[] {
  const { bridges = [] } = plan;
  return system.unheldListeners.filter(
    (place) => bridges.length === 0 || !place.startsWith('127.0.0.11 port '),
  );
}

function worldRow(from: Surveyed, place: string, topology: Topology): Row {
  return judge({
    from: 'people',
    to: from.name,
    via: 'listener',
    what: place,
    declared: declaredListener(from, place, topology),
    observed: 'open',
    evidence: `a process of ${from.name} holds this listening socket of the host`,
    fix: `Nothing declares that ${from.name} listens at ${place}: restart it as planned.`,
  });
}

/** A program that is not ours may listen at every address it has: all are of its edges. */
function isPlanned({ plan }: Surveyed, listener: Listener): boolean {
  const planned = (plan.answers ?? []).map(({ address }) => address);
  if (planned.includes(`tcp:${placeOf(listener)}`)) return true;
  const everywhere = listener.address === '0.0.0.0' || listener.address === '::';
  const isOther = plan.container?.program !== undefined;
  return isOther && everywhere && planned.some((each) => each.endsWith(`:${listener.port}`));
}

function exposedRow(from: Surveyed, { address, port, protocol }: Listener): Row {
  return judge({
    from: 'people',
    to: from.name,
    via: 'listener',
    what: `${address}:${port}`,
    declared: null,
    observed: 'open',
    evidence: `${protocol}: it listens beyond its loopback, for whoever gets into its network`,
    fix: `Make ${from.name} listen on 127.0.0.1 or on its edge's socket only.`,
  });
}

/** Someone outside who joined its network, and answers there: a bridge. */
function strangerRow(from: Surveyed, place: string): Row {
  return judge({
    from: from.name,
    to: 'host',
    via: 'listener',
    what: place,
    declared: null,
    observed: 'open',
    evidence: 'none of its processes holds this listening socket of its network',
    fix: `Find who joined the network of ${from.name} ("ip netns identify", lsns); then restart it.`,
  });
}

function missingRows(from: Surveyed, places: readonly string[], topology: Topology): Row[] {
  return from.plan.inherits
    .filter((wanted) => !places.some((place) => matches(wanted, place)))
    .map(({ host, port }) =>
      judge({
        from: 'people',
        to: from.name,
        via: 'listener',
        what: `${host}:${port}`,
        declared: declaredListener(from, `${host}:${port}`, topology),
        observed: 'absent',
        evidence: 'no process of it holds that listening socket',
        fix: `Restart ${from.name}: it has lost its listening socket.`,
      }),
    );
}

function unreadableRow(from: Surveyed, pids: readonly number[]): Row {
  return judge({
    from: from.name,
    to: 'kernel',
    via: 'listener',
    what: 'sockets that its processes hold',
    declared: null,
    observed: 'unknown',
    evidence: `the descriptors of processes ${pids.join(', ')} could not be read`,
    fix: `Restart ${from.name}; its processes must run as its own user.`,
  });
}

function declaredListener(from: Surveyed, place: string, topology: Topology): Declared | null {
  if (!from.plan.inherits.some((wanted) => matches(wanted, place))) return null;
  const edge = topology.edges.find(({ to, protocol }) => to === from.name && protocol === 'https');
  return { by: edge?.id ?? 'inherits', at: edge?.at ?? from.service.at };
}

function matches(wanted: { readonly host: string; readonly port: number }, place: string): boolean {
  const port = place.slice(place.lastIndexOf(':') + 1);
  const host = place.slice(0, place.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  return host === wanted.host && (wanted.port === 0 || Number(port) === wanted.port);
}

export function placeOf({ address, port }: Pick<Listener, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}

function isTcp(protocol: Listener['protocol']): boolean {
  return protocol === 'tcp4' || protocol === 'tcp6';
}
