// What other machines find at this one: the ports that containers publish, and the daemon's own, at
// every address of the host that others can know. Docker's word for where a port is published is
// not what its rules let through.

import { isIPv6 } from 'node:net';
import type { Topology } from '../topology/model.ts';
import { judge } from './judge.ts';
import { isLoopback, placeOf } from './listener-rows.ts';
import type { Row, State, Via } from './model.ts';
import type { Probes } from './probe-program.ts';
import type { HostFacts, Surveyed } from './survey.ts';

/** Where a daemon listens whom anybody may ask for anything (IANA: docker). */
const plainDaemonPort = 2_375;

export interface Around {
  readonly topology: Pick<Topology, 'driver'>;
  readonly host: HostFacts;
  readonly waits: { readonly deadlineMs: number; readonly answerMs: number };
}

interface Trial {
  readonly to: string;
  readonly via: Via;
  readonly port: number;
  readonly addresses: readonly string[];
}

/**
 * Tried from the host, at its own outside addresses: what a firewall drops on the way from another
 * machine is open all the same. None where nothing is a container.
 */
export async function outsideRows(
  probes: Probes,
  services: readonly Surveyed[],
  { topology, host, waits }: Around,
): Promise<Row[]> {
  const trials = trialsOf(services, host, topology);
  const places = trials.flatMap(({ addresses, port }) =>
    addresses.map((address) => ({ address, port })),
  );
  if (places.length === 0) return [];
  const targets = places.map((place, id) => ({ id, kind: 'tcp' as const, ...place, token: null }));
  const outcomes = await probes.reach('host', { targets, ...waits });
  const codes = new Map(
    outcomes.flatMap(({ id, code }) => {
      const place = places[id];
      return place === undefined ? [] : [[placeOf(place), code] as const];
    }),
  );
  return trials.map((trial) => rowOf(trial, codes));
}

function trialsOf(
  services: readonly Surveyed[],
  { system }: HostFacts,
  { driver }: Around['topology'],
): readonly Trial[] {
  const containers = services.filter(({ plan }) => plan.container !== undefined);
  if (containers.length === 0) return [];
  const known = [...new Set(system.interfaces.map(({ address }) => address))].filter(isKnown);
  const families = [
    { via: 'tcp4' as const, addresses: known.filter((one) => !isIPv6(one)) },
    { via: 'tcp6' as const, addresses: known.filter((one) => isIPv6(one)) },
  ];
  return families.flatMap(({ via, addresses }) => {
    const trials = containers.flatMap((one) =>
      portsOf(one).map((port) => ({
        ...{ to: one.name, via, port },
        addresses:
          driver === 'swarm' && isEverywhere(one, port)
            ? []
            : addresses.filter((address) => isTried(one, { address, port }, system)),
      })),
    );
    const daemon = { to: 'docker.sock', via, port: plainDaemonPort, addresses };
    return [...trials, daemon].filter((trial) => trial.addresses.length > 0);
  });
}

/** An address of a link says nothing without an interface. */
function isKnown(address: string): boolean {
  return !isLoopback(address) && !/^fe[89ab]/i.test(address);
}

function portsOf({ plan, inspection }: Surveyed): readonly number[] {
  const told = inspection.worldListeners.map((place) => place.slice(place.lastIndexOf(':') + 1));
  return [...new Set([...plan.inherits.map(({ port }) => port), ...told.map(Number)])];
}

interface Place {
  readonly address: string;
  readonly port: number;
}

/** Swarm publishes at each address of a node, of either family: that is what is declared there. */
function isEverywhere({ plan }: Surveyed, port: number): boolean {
  return plan.inherits.some(
    (meant) => meant.port === port && ['0.0.0.0', '::'].includes(meant.host),
  );
}

/** Not where it is meant to be, which is tried as its door; nor where another program listens. */
function isTried(
  { plan, inspection }: Surveyed,
  { address, port }: Place,
  { listeners }: HostFacts['system'],
): boolean {
  const everywhere = isIPv6(address) ? ['::'] : ['0.0.0.0', '::'];
  const isMeant = plan.inherits.some(
    ({ host, port: planned }) => planned === port && [address, ...everywhere].includes(host),
  );
  const isTold = inspection.worldListeners.includes(placeOf({ address, port }));
  const isAnothers = listeners.some((one) => one.address === address && one.port === port);
  return !isMeant && (isTold || !isAnothers);
}

function rowOf({ to, via, port, addresses }: Trial, codes: ReadonlyMap<string, string>): Row {
  const codeAt = (address: string) => codes.get(placeOf({ address, port })) ?? 'not-tried';
  const open = addresses.filter((address) => codeAt(address) === 'connected');
  const untried = addresses.filter((address) => codeAt(address) === 'not-tried');
  const observed: State = open.length > 0 ? 'open' : untried.length > 0 ? 'unknown' : 'absent';
  const isDaemon = to === 'docker.sock';
  return judge({
    ...{ from: 'people', to, via, what: `port ${port} from outside`, declared: null, observed },
    evidence:
      open.length > 0
        ? `it answers at ${open.join(', ')}`
        : `nobody answers at ${addresses.length} addresses of this host`,
    fix: isDaemon
      ? 'Take -H tcp://... out of how the daemon is started: who reaches it is root here.'
      : `Nothing declares that ${to} is published there: "clincher restart ${to}".`,
  });
}
