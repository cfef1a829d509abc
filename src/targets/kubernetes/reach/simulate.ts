// What a network that enforces policies lets through: who is selected by none is open, who is
// selected by one has what its rules add up to, and both ends have a say (Kubernetes,
// "Network Policies"; Cilium adds its own to the sum).

import ipaddr from 'ipaddr.js';
import type {
  CiliumPolicy,
  DnsName,
  Labels,
  NetworkPolicy,
  Pod,
  PolicyPeer,
  PolicyPort,
  ReadManifests,
  Selector,
} from './read-manifests.ts';

export type Protocol = 'TCP' | 'UDP';

/** An end of a connection that is no pod of the manifests. */
export interface Outsider {
  readonly name: string;
  readonly address: string;
  /** Of a pod in another namespace, or of no workload. */
  readonly pod?: { readonly labels: Labels; readonly namespaceLabels: Labels } | undefined;
  /** The name that its address was found by. */
  readonly host?: string | undefined;
}

export type End = Pod | Outsider;

export interface Attempt {
  readonly from: End;
  readonly to: End;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface Network {
  /** What the policies of an end say of it; null for one that they do not know. */
  mayLeave(attempt: Attempt): boolean | null;
  mayEnter(attempt: Attempt): boolean | null;
}

export function networkOf({ pods, policies, cilium }: ReadManifests): Network {
  const known = new Map<End, Rules>(pods.map((pod) => [pod, rulesOf(pod, policies, cilium)]));
  return {
    mayLeave: (attempt) => {
      const rules = known.get(attempt.from);
      return rules === undefined ? null : mayLeave(rules, attempt);
    },
    mayEnter: (attempt) => {
      const rules = known.get(attempt.to);
      return rules === undefined ? null : mayEnter(rules, attempt);
    },
  };
}

interface Rules {
  /** Null where no policy selects it: then all is let through. */
  readonly ingress: readonly Rule[] | null;
  readonly egress: readonly Rule[] | null;
  readonly cilium: readonly CiliumPolicy[];
}

interface Rule {
  readonly namespace: string;
  readonly peers: readonly PolicyPeer[] | undefined;
  readonly ports: readonly PolicyPort[] | undefined;
}

function rulesOf(
  pod: Pod,
  policies: readonly NetworkPolicy[],
  cilium: readonly CiliumPolicy[],
): Rules {
  // The host's own network is no policy's business.
  if (pod.onHost) return { ingress: null, egress: null, cilium: [] };
  const inward = selecting(policies, pod, 'Ingress');
  const outward = selecting(policies, pod, 'Egress');
  const named = cilium.filter(
    ({ namespace, endpointSelector }) =>
      namespace === pod.namespace && selects(endpointSelector, pod.labels),
  );
  const ingress = inward.flatMap(({ namespace, ingress: rules = [] }) =>
    rules.map(({ from: peers, ports }) => ({ namespace, peers, ports })),
  );
  const egress = outward.flatMap(({ namespace, egress: rules = [] }) =>
    rules.map(({ to: peers, ports }) => ({ namespace, peers, ports })),
  );
  return {
    ingress: inward.length === 0 ? null : ingress,
    egress: outward.length + named.length === 0 ? null : egress,
    cilium: named,
  };
}

function mayLeave({ egress, cilium }: Rules, attempt: Attempt): boolean {
  if (egress === null) return true;
  return (
    egress.some((rule) => holds(rule, attempt.to, attempt)) ||
    cilium.some((policy) => isLetOutByName(policy, attempt))
  );
}

function mayEnter({ ingress }: Rules, attempt: Attempt): boolean {
  return ingress === null || ingress.some((rule) => holds(rule, attempt.from, attempt));
}

function selecting(policies: readonly NetworkPolicy[], pod: Pod, type: 'Ingress' | 'Egress') {
  return policies.filter(
    ({ namespace, podSelector, policyTypes, egress }) =>
      namespace === pod.namespace &&
      selects(podSelector, pod.labels) &&
      (policyTypes ?? ['Ingress', ...(egress === undefined ? [] : ['Egress'])]).includes(type),
  );
}

/** No list, and an empty one, is everybody; so is no port. */
function holds(
  { namespace, peers = [], ports = [] }: Rule,
  other: End,
  { port, protocol }: Attempt,
): boolean {
  const isPort = ports.length === 0 || ports.some((one) => isPortMeant(one, port, protocol));
  return isPort && (peers.length === 0 || peers.some((peer) => isMeant(peer, namespace, other)));
}

function isMeant(peer: PolicyPeer, namespace: string, other: End): boolean {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (ipBlock !== undefined) {
    const address = isOurs(other) ? podAddress : other.address;
    const isLeftOut = (ipBlock.except ?? []).some((range) => isWithin(range, address));
    return isWithin(ipBlock.cidr, address) && !isLeftOut;
  }
  const found = podOf(other);
  if (found === null) return false;
  const isNamespace =
    namespaceSelector === undefined
      ? found.namespaceLabels[namespaceName] === namespace
      : selects(namespaceSelector, found.namespaceLabels);
  return isNamespace && (podSelector === undefined || selects(podSelector, found.labels));
}

/** Of pods, nobody knows which: as most clusters have them. */
const podAddress = '10.244.7.7';
const namespaceName = 'kubernetes.io/metadata.name';

function podOf(end: End): { readonly labels: Labels; readonly namespaceLabels: Labels } | null {
  if (!isOurs(end)) return end.pod ?? null;
  return { labels: end.labels, namespaceLabels: { [namespaceName]: end.namespace } };
}

function isOurs(end: End): end is Pod {
  return 'onHost' in end;
}

/** A port by its name is some port: it is taken for every one. */
function isPortMeant(one: PolicyPort, port: number, protocol: Protocol): boolean {
  if ((one.protocol ?? 'TCP') !== protocol) return false;
  if (one.port === undefined || typeof one.port === 'string') return true;
  return port >= one.port && port <= (one.endPort ?? one.port);
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const isLabelled = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    isLabelled &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === 'In' ? isIn : !isIn;
    })
  );
}

function isLetOutByName({ egress, namespace }: CiliumPolicy, { to, port, protocol }: Attempt) {
  return egress.some(({ toEndpoints, toFQDNs, toCIDR, toPorts }) => {
    const isPort = toPorts.some(({ ports }) =>
      ports.some((one) => Number(one.port) === port && ['ANY', protocol].includes(one.protocol)),
    );
    const host = isOurs(to) ? undefined : to.host;
    const isNamed = host !== undefined && (toFQDNs ?? []).some((name) => isNameMeant(name, host));
    // To Cilium an address is never that of a pod.
    const isAddress =
      podOf(to) === null &&
      !isOurs(to) &&
      (toCIDR ?? []).some((range) => isWithin(range, to.address));
    const isEndpoint = (toEndpoints ?? []).some((one) => isEndpointMeant(one, namespace, to));
    return isPort && (isNamed || isAddress || isEndpoint);
  });
}

function isEndpointMeant(selector: Selector, namespace: string, to: End): boolean {
  const found = podOf(to);
  if (found === null) return false;
  const prefixed = Object.entries(found.labels).flatMap(([key, value]) => [
    [key, value],
    [`k8s:${key}`, value],
  ]);
  const own = found.namespaceLabels[namespaceName] ?? '';
  const labels = { ...Object.fromEntries(prefixed), 'k8s:io.kubernetes.pod.namespace': own };
  const isSaid = 'k8s:io.kubernetes.pod.namespace' in (selector.matchLabels ?? {});
  return (isSaid || own === namespace) && selects(selector, labels);
}

/** Within a label `*` is any part of it; `**.` before a name any number of them. */
export function isNameMeant(name: DnsName, host: string): boolean {
  if ('matchName' in name) return name.matchName === host;
  if (name.matchPattern === '*') return true;
  const pattern = name.matchPattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/^\*\*\\\./, '(?:[-a-z0-9_]+\\.)+')
    .replace(/(?<!\))\*/g, '[-a-z0-9_]*');
  return new RegExp(`^${pattern}$`).test(host);
}

function isWithin(range: string, address: string): boolean {
  const [one, [network, bits]] = [ipaddr.parse(address), ipaddr.parseCIDR(range)];
  return one.kind() === network.kind() && one.match(network, bits);
}
