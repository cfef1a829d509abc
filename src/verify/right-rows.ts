// What the kernel grants a service: capabilities, namespaces, interfaces, routes, and the things it
// was made to ask for. Rights are rows to `kernel`: open means that it has the right.

import type { BridgeEnd } from '../plan/model.ts';
import {
  icmpAttempt,
  packetSocketAttempt,
  rawSocketAttempt,
  userNamespaceAttempt,
} from './attempts.ts';
import { documentationAddresses } from './host-targets.ts';
import { judge } from './judge.ts';
import { limitRights } from './limit-rights.ts';
import type { Declared, Row, State } from './model.ts';
import { processRights, type Right } from './process-rights.ts';
import { type HostFacts, isOnEdgesAlone, leadsOut, type Surveyed } from './survey.ts';

/** `unreachable`: addresses of which it was told that there is no way to them. */
export function rightRows(
  from: Surveyed,
  host: HostFacts,
  all: readonly Surveyed[],
  unreachable: ReadonlySet<string>,
): Row[] {
  return [
    ...processRights(from),
    ...limitRights(from),
    ...namespaceRights(from, host, all),
    ...networkRights(from, host),
    ...attemptRights(from, host, unreachable),
  ].map((right) =>
    judge({
      from: from.name,
      to: 'kernel',
      via: 'rights',
      declared: null,
      fix: `Restart ${from.name} with its planned isolation; if it stays, its driver does not keep the plan.`,
      ...right,
    }),
  );
}

/**
 * A namespace of each kind, neither the host's nor another service's; the network is the declared
 * exception.
 */
function namespaceRights(from: Surveyed, host: HostFacts, all: readonly Surveyed[]): Right[] {
  const kinds = ['user', 'pid', 'net', 'ipc', 'uts', 'mnt'] as const;
  return kinds.map((kind): Right => {
    const what = `another's ${kind} namespace`;
    const own = namespaceOf(from, kind);
    if (own === undefined) return { what, observed: 'unknown', evidence: 'it could not be read' };
    const comesWithOutside = kind === 'net' && leadsOut(from, host);
    const sharers = all.filter(
      ({ name, system }) => name !== from.name && system.namespaces[kind] === own,
    );
    const shared = [
      ...(host.system.namespaces[kind] === own ? ['the host'] : []),
      ...sharers.map(({ name }) => name),
    ];
    const foreign = from.inspection.processes.filter(
      ({ namespaces }) => namespaces[kind] !== undefined && namespaces[kind] !== own,
    );
    // A process of the service in another namespace than the one that was probed escapes every
    // other row.
    const strays = foreign.map(({ pid }) => `process ${pid} is in another one`);
    const evidence = [
      ...(shared.length > 0 ? [`shared with ${shared.join(', ')}`] : []),
      ...strays,
    ];
    if (evidence.length === 0) return { what, observed: 'denied', evidence: `${own} is its own` };
    const declared = kind === 'user' ? sharedUsers(from) : null;
    return { what, observed: 'open', evidence: evidence.join('; '), comesWithOutside, declared };
  });
}

/** Where the probe had to be put beside a program that is not ours, those are the program's own. */
function namespaceOf({ plan, system, inspection }: Surveyed, kind: string): string | undefined {
  const [first] = plan.container?.program === undefined ? [] : inspection.processes;
  return (first ?? system).namespaces[kind];
}

/** Docker's containers are in the host's, unless the daemon was set up otherwise. */
function sharedUsers({ plan, service }: Surveyed): Declared | null {
  return plan.container === undefined ? null : { by: 'driver docker', at: service.at };
}

function networkRights(from: Surveyed, host: HostFacts): Right[] {
  const { system, plan } = from;
  const bridges = plan.bridges ?? [];
  const comesWithOutside = bridges.length === 0 && leadsOut(from, host);
  const own = new Set(bridges.map(({ address }) => address));
  const addressed = system.interfaces.filter(({ name }) => name !== 'lo');
  const strange = addressed.filter(({ address }) => !own.has(address));
  // One without an address is a cable all the same.
  const silent = system.devices.filter(
    (name) => name !== 'lo' && !addressed.some((each) => each.name === name),
  );
  const beyond = [...strange, ...silent.map((name) => ({ name, address: 'without an address' }))];
  const planned = addressed.length - strange.length;
  const interfaces: Right = {
    what: `an interface besides ${bridges.length === 0 ? 'loopback' : 'those of its networks'}`,
    observed: beyond.length > 0 ? 'open' : 'denied',
    evidence:
      beyond.map(({ name, address }) => `${name} ${address}`).join(', ') ||
      (planned === 0 ? 'only lo' : `lo and ${planned} planned`),
    comesWithOutside,
  };
  // To its own networks, and to the address on each that nobody has but where it leads out.
  const ways = system.routes.filter((route) => !isPlannedRoute(route, bridges));
  const routes: Right = {
    what: 'a route',
    observed: ways.length > 0 ? 'open' : 'denied',
    evidence: ways.slice(0, 4).join(', ') || 'none',
    comesWithOutside,
  };
  return [interfaces, routes];
}

/** `10.192.0.8/255.255.255.248 dev eth0`, and the default: where that leads is tried. */
function isPlannedRoute(route: string, bridges: readonly BridgeEnd[]): boolean {
  const [destination = ''] = route.split('/');
  return (
    bridges.length > 0 &&
    (destination === '0.0.0.0' ||
      bridges.some(({ subnet }) => subnet.startsWith(`${destination}/`)))
  );
}

function attemptRights(from: Surveyed, host: HostFacts, unreachable: ReadonlySet<string>): Right[] {
  const right = (what: string, attempt: string, rest: Partial<Right> = {}): Right => ({
    what,
    ...attemptState(from.system.attempts[attempt]),
    ...rest,
  });
  const comesWithOutside = leadsOut(from, host);
  return [
    right('a user namespace of its own', userNamespaceAttempt),
    right('a raw socket', rawSocketAttempt),
    right('a packet socket', packetSocketAttempt),
    ...documentationAddresses.map((address) =>
      right(address, icmpAttempt(address), {
        ...{ to: 'internet', via: 'icmp', comesWithOutside },
        ...(isOnEdgesAlone(from) && unreachable.has(address) ? unanswered(from, address) : {}),
      }),
    ),
  ];
}

/** No echo came back (EAGAIN), and TCP was told why: nobody on its networks leads there. */
function unanswered({ system }: Surveyed, address: string): Partial<Right> {
  if (system.attempts[icmpAttempt(address)] !== '11') return {};
  return { observed: 'denied', evidence: 'no echo, and no way to it by TCP either' };
}

/** errno(3) on Linux; what is not listed here says nothing. */
const refusals: Readonly<Record<string, string>> = {
  1: 'EPERM',
  13: 'EACCES',
  22: 'EINVAL',
  28: 'ENOSPC',
  38: 'ENOSYS',
  93: 'EPROTONOSUPPORT',
  94: 'ESOCKTNOSUPPORT',
  97: 'EAFNOSUPPORT',
  99: 'EADDRNOTAVAIL',
  101: 'ENETUNREACH',
};

export function attemptState(outcome: string | undefined): { observed: State; evidence: string } {
  if (outcome === undefined) {
    return { observed: 'unknown', evidence: 'not tried: no tiny program for this machine' };
  }
  if (outcome === '0') return { observed: 'open', evidence: 'the kernel gave it' };
  const refusal = refusals[outcome];
  if (refusal !== undefined) return { observed: 'denied', evidence: refusal };
  if (outcome === 'SIGSYS') return { observed: 'denied', evidence: 'ended by a seccomp filter' };
  return (
    cannotRun(outcome) ?? { observed: 'unknown', evidence: `the attempt ended with ${outcome}` }
  );
}

/** Where no folder takes a program, or none may be run from there; null: one was run. */
export function cannotRun(outcome: string): { observed: 'denied'; evidence: string } | null {
  if (!['EACCES', 'EPERM', 'EROFS', 'no-scratch'].includes(outcome)) return null;
  return { observed: 'denied', evidence: `it cannot run a program of its own (${outcome})` };
}
