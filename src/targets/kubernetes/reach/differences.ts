// Whether manifests let through what a topology declares, and nothing else: every pod tries every
// other and those outside, at every port that is named anywhere and some that are not.

import {
  type Connection,
  connectionsIn,
  connectionsWithin,
  type WayOut,
  waysOut,
} from '../connections.ts';
import { clusterDns, type KubernetesStack, serviceLabel } from '../model.ts';
import { type Pod, type ReadManifests, readManifests } from './read-manifests.ts';
import { type Attempt, networkOf, type Outsider, type Protocol } from './simulate.ts';

export interface Difference {
  /** `open`: an end lets it through and nothing declares it; `shut`: the other way round. */
  readonly kind: 'open' | 'shut';
  readonly end: 'from' | 'to';
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface Compared {
  readonly attempts: number;
  readonly letThrough: number;
  readonly differences: readonly Difference[];
}

/** What else a machine, a cluster or a neighbour listens at; and one that nobody does. */
const otherPorts = [22, 53, 80, 443, 2_379, 4_000, 6_443, 8_443, 10_250, 31_337];
const protocols = ['TCP', 'UDP'] as const;

/** @throws ClincherError `settings-invalid` for manifests that are not understood */
export function compareReach(text: string, stack: KubernetesStack): Compared {
  const manifests = readManifests(text);
  const declared = declaredBy(stack);
  const outside = outsiders(stack, declared.out);
  const compared = { attempts: 0, letThrough: 0, differences: [] as Difference[] };
  const network = networkOf(manifests);
  for (const attempt of attemptsOf(manifests, outside, declared.out)) {
    const { from, to, port, protocol } = attempt;
    const ends = { from: network.mayLeave(attempt), to: network.mayEnter(attempt) };
    const isSaid = isDeclared(declared, attempt);
    // The door is for anybody, who are the stack's own pods too: it is they who may not leave.
    const said = { from: isSaid, to: isSaid || isComingIn(declared, attempt) };
    compared.attempts += 1;
    if (ends.from !== false && ends.to !== false) compared.letThrough += 1;
    // Each end by itself: what one lets through too much, the other may let through tomorrow.
    for (const end of ['from', 'to'] as const) {
      if (ends[end] === null || ends[end] === said[end]) continue;
      const kind = ends[end] ? 'open' : 'shut';
      compared.differences.push({ kind, end, from: from.name, to: to.name, port, protocol });
    }
  }
  return compared;
}

interface Known extends Outsider {
  readonly isPublic: boolean;
  readonly isDns: boolean;
  /** It is one of the names that egress lets through. */
  readonly isNamed: boolean;
}

interface Declared {
  readonly stack: KubernetesStack;
  readonly within: readonly Connection[];
  readonly comeIn: readonly Connection[];
  readonly out: readonly WayOut[];
}

function declaredBy(stack: KubernetesStack): Declared {
  const [within, comeIn] = [connectionsWithin(stack), connectionsIn(stack)];
  return { stack, within, comeIn, out: waysOut(stack) };
}

/** A pod reaches itself, whatever a policy says. */
function* attemptsOf(
  { pods, policies }: ReadManifests,
  outside: readonly Known[],
  out: readonly WayOut[],
): Generator<Attempt> {
  const named = policies
    .flatMap(({ ingress = [], egress = [] }) => [...ingress, ...egress])
    .flatMap(({ ports = [] }) => ports.map(({ port }) => Number(port)));
  const ways = out.flatMap(({ ports, addresses }) => [
    ...ports,
    ...addresses.flatMap(({ port }) => port ?? []),
  ]);
  const own = pods.flatMap(({ ports }) => ports);
  const known = [...named, ...ways, ...own].filter((port) => port > 0);
  const ports = new Set([...known, ...known.map((port) => port + 1), ...otherPorts]);
  for (const protocol of protocols) {
    for (const port of ports) {
      for (const pod of pods) {
        for (const to of [...pods, ...outside]) {
          if (to !== pod) yield { from: pod, to, port, protocol };
        }
        for (const from of outside) yield { from, to: pod, port, protocol };
      }
    }
  }
}

function isComingIn({ comeIn }: Declared, { to, port, protocol }: Attempt): boolean {
  return protocol === 'TCP' && comeIn.some((one) => one.to === to.name && one.port === port);
}

function isDeclared({ stack, within, out }: Declared, attempt: Attempt): boolean {
  const { from, to, port, protocol } = attempt;
  if (!isKnown(to)) {
    const isEdge = (one: Connection) => one.from === from.name && one.to === to.name;
    return protocol === 'TCP' && within.some((one) => isEdge(one) && one.port === port);
  }
  return out.some((way) => {
    if (way.from !== from.name) return false;
    if (to.isDns && port === clusterDns.port) return true;
    if (protocol !== 'TCP') return false;
    const isOwn = way.addresses.some(({ cidr, port: only }) => {
      const isPort = only === null ? way.ports.includes(port) : only === port;
      return isPort && sampleOf(cidr) === to.address;
    });
    const isWay = stack.names === 'cilium' ? to.isNamed : to.isPublic;
    return isOwn || (isWay && way.ports.includes(port));
  });
}

function isKnown(end: Pod | Outsider): end is Known {
  return 'isPublic' in end;
}

function outsiders(stack: KubernetesStack, out: readonly WayOut[]): readonly Known[] {
  const at = (name: string, address: string, more: Partial<Known> = {}): Known => ({
    ...{ name, address, isPublic: false, isDns: false, isNamed: false },
    ...more,
  });
  const pod = (name: string, labels: Record<string, string>, namespace: string, isDns = false) =>
    at(name, '10.244.9.9', {
      pod: { labels, namespaceLabels: { 'kubernetes.io/metadata.name': namespace } },
      isDns,
    });
  const names = new Set(out.flatMap(({ hosts }) => hosts));
  const isAny = names.has('*');
  const named = [...names].map((name) =>
    at(`a name like ${name}`, '93.184.215.20', {
      ...{ host: name.replace(/^\*\*\./, 'a.b.').replace(/\*/g, 'a'), isPublic: true },
      isNamed: true,
    }),
  );
  return [
    at('a public address', '93.184.215.14', { isPublic: true }),
    at('a public address of IPv6', '2606:4700::1111', { isPublic: true }),
    at('another name', '93.184.215.30', {
      host: 'elsewhere.invalid',
      isPublic: true,
      isNamed: isAny,
    }),
    ...named,
    ...['10.0.0.10', '10.96.0.1', '172.17.0.1', '192.168.1.1', '100.64.0.1'].map(privateAddress),
    ...['127.0.0.1', '169.254.169.254', 'fd00::1', 'fe80::1', '2002:a00::1'].map(privateAddress),
    ...out
      .flatMap(({ addresses }) => addresses)
      .map(({ cidr }) => at(`one of ${cidr}`, sampleOf(cidr))),
    pod('a pod of the namespace that is not ours', { app: 'other' }, stack.namespace),
    ...stack.services.map(({ plan: { name } }) =>
      pod(`a pod of another namespace that calls itself ${name}`, { [serviceLabel]: name }, 'else'),
    ),
    pod("the cluster's resolver", { ...clusterDns.pods }, 'kube-system', true),
    pod('another pod of kube-system', { app: 'other' }, 'kube-system'),
    pod('what calls itself the resolver elsewhere', { ...clusterDns.pods }, 'else'),
  ];
  function privateAddress(address: string): Known {
    return at(address, address);
  }
}

/** The first of a range stands for all of it. */
function sampleOf(cidr: string): string {
  return cidr.split('/')[0] ?? cidr;
}
