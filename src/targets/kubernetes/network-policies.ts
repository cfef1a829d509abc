// The policies: nothing is let through in either direction but one rule for each edge at its
// callee, one at its caller, and the way out of who has one.

import {
  type Connection,
  connectionsIn,
  connectionsWithin,
  type WayOut,
  waysOut,
} from './connections.ts';
import { clusterDns, type KubernetesStack, type Manifest, serviceLabel } from './model.ts';

/** Everything public: what is left out are the ranges of clusters, machines and their metadata. */
const publicAddresses = [
  {
    cidr: '0.0.0.0/0',
    except: [
      ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
      ...['172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
    ],
  },
  // 6to4 and Teredo carry an IPv4 address, which may be any.
  { cidr: '2000::/3', except: ['2001::/32', '2002::/16'] },
];

export function networkPolicies(stack: KubernetesStack): readonly Manifest[] {
  const [within, comeIn] = [connectionsWithin(stack), connectionsIn(stack)];
  return [
    policy(stack, 'default-deny', {}, 'Nothing goes in or out where no rule below says so.', {}),
    ...stack.services.map(({ plan: { name } }) => {
      const [callers, callees] = [of(within, 'to', name), of(within, 'from', name)];
      const world = of(comeIn, 'to', name);
      const out = waysOut(stack).filter(({ from }) => from === name);
      const ingress = [
        ...callers.map(({ from, port }) => ({ from: [podsOf(from)], ports: [tcp(port)] })),
        ...world.map(({ port }) => ({ ports: [tcp(port)] })),
      ];
      const egress = [
        ...callees.map(({ to, port }) => ({ to: [podsOf(to)], ports: [tcp(port)] })),
        ...(stack.names === 'cilium' ? [] : out.flatMap(outRules)),
      ];
      const lines = [
        ...callers.map((one) => `from ${one.from}: ${one.edge}, ${one.port}`),
        ...world.map((one) => `from ${one.from}, which is anybody: ${one.port}`),
        ...callees.map((one) => `to ${one.to}: ${one.edge}, ${one.port}`),
        ...out.map(({ purpose }) => `to the internet: ${purpose}`),
      ];
      const comment = [`${name}:`, ...lines.map((line) => `  ${line}`)].join('\n');
      const rules = { ...some('ingress', ingress), ...some('egress', egress) };
      return policy(stack, name, { matchLabels: { [serviceLabel]: name } }, comment, rules);
    }),
    ...(stack.names === 'cilium' ? waysOut(stack).map((out) => namesPolicy(stack, out)) : []),
  ];
}

function policy(
  { namespace }: KubernetesStack,
  name: string,
  podSelector: object,
  comment: string,
  rules: object,
): Manifest {
  return {
    comment,
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace },
      spec: { podSelector, policyTypes: ['Ingress', 'Egress'], ...rules },
    },
  };
}

function podsOf(name: string): object {
  return { podSelector: { matchLabels: { [serviceLabel]: name } } };
}

/** A policy of Kubernetes knows addresses and no names: those egress itself looks at. */
function outRules({ ports, addresses }: WayOut): readonly object[] {
  const { namespace, pods, port } = clusterDns;
  return [
    {
      to: [{ namespaceSelector: { matchLabels: namespace }, podSelector: { matchLabels: pods } }],
      ports: [{ protocol: 'UDP', port }, tcp(port)],
    },
    { to: publicAddresses.map((ipBlock) => ({ ipBlock })), ports: ports.map(tcp) },
    ...addresses.map((own) => ({
      to: [{ ipBlock: { cidr: own.cidr } }],
      ports: (own.port === null ? ports : [own.port]).map(tcp),
    })),
  ];
}

/** Only these names are answered, and only what they were answered with can be reached. */
function namesPolicy({ namespace }: KubernetesStack, out: WayOut): Manifest {
  const names = out.hosts.map((host) =>
    host.includes('*') ? { matchPattern: host } : { matchName: host },
  );
  const toPorts = (ports: readonly number[], more: object = {}, protocol = 'TCP') => [
    { ports: ports.map((port) => ({ port: String(port), protocol })), ...more },
  ];
  const dns = {
    'k8s:io.kubernetes.pod.namespace': clusterDns.namespace['kubernetes.io/metadata.name'],
    ...Object.fromEntries(Object.entries(clusterDns.pods).map(([key, is]) => [`k8s:${key}`, is])),
  };
  return {
    comment: `${out.from}: to the internet by these names alone, with Cilium`,
    object: {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: `${out.from}-names`, namespace },
      spec: {
        endpointSelector: { matchLabels: { [serviceLabel]: out.from } },
        egress: [
          {
            toEndpoints: [{ matchLabels: dns }],
            toPorts: toPorts([clusterDns.port], { rules: { dns: names } }, 'ANY'),
          },
          { toFQDNs: names, toPorts: toPorts(out.ports) },
          ...out.addresses.map((own) => ({
            toCIDR: [own.cidr],
            toPorts: toPorts(own.port === null ? out.ports : [own.port]),
          })),
        ],
      },
    },
  };
}

function tcp(port: number): { readonly protocol: string; readonly port: number } {
  return { protocol: 'TCP', port };
}

function of(all: readonly Connection[], end: 'from' | 'to', name: string): readonly Connection[] {
  return all.filter((one) => one[end] === name);
}

function some(key: string, rules: readonly object[]): object {
  return rules.length === 0 ? {} : { [key]: rules };
}
