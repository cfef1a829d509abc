// If a service is taken over: what it may ask and then reaches, which secrets it reads, what it may
// spend, where words could leave to. From the declarations alone; verify says whether they hold.

import { ClincherError } from '../kit/error.ts';
import type { Edge, SecretDeclaration, Service, Topology } from './model.ts';
import { createReach, hostsOn, type Path } from './reachability.ts';

export interface Blast {
  readonly service: string;
  /** For ordering alone: larger is worse. */
  readonly weight: number;
  /** What of the host is in its hands; empty for nothing. */
  readonly host: readonly string[];
  /** By an edge of its own. */
  readonly asks: readonly Asked[];
  /** By way of others, each of which decides what it hands on. */
  readonly through: readonly string[];
  /** No edge, but one network: nothing stops it from trying every port of these. */
  readonly beside: readonly string[];
  readonly secrets: readonly ReadSecret[];
  readonly money: Money;
  readonly leaves: readonly WayOut[];
}

export interface Asked {
  readonly to: string;
  readonly port: string;
  readonly purpose: string;
}

export interface ReadSecret {
  readonly name: string;
  readonly kind: SecretDeclaration['kind'];
  readonly worth: string;
}

export type Money =
  | { readonly kind: 'none' }
  /** Held by the budgets of llm, each as people read it. */
  | { readonly kind: 'budgets'; readonly budgets: readonly string[] }
  /** It reads keys of providers: past llm only the providers' own limits hold. */
  | { readonly kind: 'keys'; readonly keys: readonly string[] };

export interface WayOut {
  readonly by: string;
  /** With ports; null: anywhere. */
  readonly hosts: readonly string[] | null;
}

/** Every service, the worst first. @throws ClincherError `unknown-service` for a name it has not */
export function blast(topology: Topology, only: string | null = null): readonly Blast[] {
  const names = topology.services.map(({ name }) => name);
  if (only !== null && !names.includes(only)) {
    throw new ClincherError('unknown-service', `there is no ${only} in this topology`, {
      fix: `There are: ${names.join(', ')}.`,
    });
  }
  return topology.services
    .filter(({ name }) => only === null || name === only)
    .map((service) => blastOf(topology, service))
    .sort((a, b) => b.weight - a.weight || (a.service < b.service ? -1 : 1));
}

function blastOf(topology: Topology, service: Service): Blast {
  const { name } = service;
  const own = topology.edges.filter((edge) => edge.from === name);
  const direct = new Set(own.map(({ to }) => to));
  const through = [...createReach(topology).from(name).keys()].filter((to) => !direct.has(to));
  const parts = {
    host: hostRights(topology, service, own),
    asks: own.map(({ to, port, purpose }) => ({ to, port, purpose })),
    through,
    beside: besideOf(topology, service, direct),
    secrets: secretsOf(topology, service),
    money: moneyOf(topology, service, own),
    leaves: waysOut(topology, service, own),
  };
  return { service: name, weight: weightOf(parts), ...parts };
}

function hostRights(topology: Topology, { rights }: Service, own: readonly Edge[]): string[] {
  const resources = new Set(
    topology.externals.filter(({ kind }) => kind === 'host-resource').map(({ name }) => name),
  );
  const held = own.flatMap(({ to }) => (resources.has(to) ? (worthOf[to] ?? to) : []));
  const mounts = rights.mounts.filter(({ readOnly }) => !readOnly).map(({ source }) => source);
  return [
    ...held,
    ...mounts.filter((source) => !source.endsWith('docker.sock')).map((one) => `writes ${one}`),
    ...rights.capabilities.map((one) => `capability ${one}`),
    ...(rights.network === 'outside' ? ["the host's own network, loopback included"] : []),
  ];
}

const worthOf: Readonly<Record<string, string>> = {
  'docker.sock': 'root on the host, by the Docker socket',
  jails: 'makes jails, of the shape that the plan has for them and no other',
};

/** In a sealed or segmented stack an edge is a way of its own; on shared bridges all meet. */
function besideOf(topology: Topology, service: Service, direct: ReadonlySet<string>): string[] {
  if (topology.isolation !== 'reference') return [];
  return topology.services
    .filter(({ name, zones }) => {
      if (name === service.name || direct.has(name)) return false;
      return zones.some((zone) => service.zones.includes(zone));
    })
    .map(({ name }) => name);
}

const worths: Readonly<Record<SecretDeclaration['kind'], string>> = {
  'provider-key': 'spends at the provider past every budget, until it is taken back there',
  'virtual-key': 'spends within its budget, and only through llm of this stack',
  'master-key': 'makes keys, and reads what was spent',
  'agent-credential': 'speaks in the name of the agent where people talk to it',
  'gateway-token': 'is the operator: says to the agent what it likes',
  'tls-key': 'can pass for this ingress, where its certificate is trusted',
  'metrics-token': 'reads metrics',
  'monitor-credential': 'reads metrics',
  'receiver-credential': 'can say in the name of alerting what is not so',
  'alarm-address': 'can post alarms that are none',
  'redis-password':
    'reads and changes what several llm share: sums that budgets are held by, kept answers',
  'secret-marks': 'knows sixteen characters of each other secret: no way to the rest',
  'ssh-key': "opens, or passes for, the door of the agent's tools",
};

function secretsOf({ secrets }: Topology, { holds }: Service): ReadSecret[] {
  return secrets
    .filter(({ name }) => holds.includes(name))
    .map(({ name, kind }) => ({ name, kind, worth: worths[kind] }));
}

function moneyOf(topology: Topology, service: Service, own: readonly Edge[]): Money {
  const llm = topology.services.find(({ run }) => run.role === 'llm');
  if (llm?.run.role !== 'llm') return { kind: 'none' };
  const { budgets } = llm.run.rules;
  const keys = topology.secrets.filter(
    ({ name, kind }) => kind === 'provider-key' && service.holds.includes(name),
  );
  if (keys.length > 0) return { kind: 'keys', keys: keys.map(({ name }) => name) };
  if (!own.some(({ to, port }) => to === llm.name && port === 'api')) return { kind: 'none' };
  return {
    kind: 'budgets',
    budgets: budgets.map(({ limitNanoUsd, window, by, name }) => {
      const per = typeof window === 'string' ? window : `${window.rollingMs / 60_000} minutes`;
      const whose = by === 'all' ? '' : ` of ${name ?? `each ${by}`}`;
      return `${limitNanoUsd / 1e9} USD ${window === 'total' ? 'in all' : `per ${per}`}${whose}`;
    }),
  };
}

function waysOut(topology: Topology, { name, rights }: Service, own: readonly Edge[]): WayOut[] {
  if (rights.network === 'outside') return [{ by: 'its own network', hosts: null }];
  const toProxy = own.filter(({ protocol }) => protocol === 'connect');
  const proxied = toProxy.map((edge) => ({
    by: edge.to,
    hosts: hostsOn(topology, [edge]),
  }));
  const reach = createReach(topology);
  const asked = own.filter(({ protocol, port }) => protocol !== 'connect' && port !== 'admin');
  const words = asked.flatMap(({ to }) => {
    const [path] = reach.paths(to, 'internet').filter((one) => one[0]?.protocol === 'connect');
    const hosts = path === undefined ? [] : hostsOn(topology, path);
    return hosts.length === 0 ? [] : [{ by: `what ${to} passes on`, hosts }];
  });
  const answers = topology.externals
    .filter(({ kind, name: client }) => kind === 'client' && isAsked(reach.paths(client, name)))
    .map((client) => ({ by: `answers to ${client.name}`, hosts: [] }));
  return [...proxied.filter(({ hosts }) => hosts.length > 0), ...words, ...answers];
}

/** Directly, or by way of one that hands answers on. */
function isAsked(paths: readonly Path[]): boolean {
  return paths.some((path) => path.length <= 2 && path.at(-1)?.port !== 'admin');
}

/** The host before keys, keys before everything else; then how far it reaches. */
function weightOf({
  host,
  through,
  asks,
  beside,
  secrets,
  money,
  leaves,
}: Omit<Blast, 'service' | 'weight'>) {
  const anywhere = leaves.some(({ hosts }) => hosts === null);
  return (
    host.filter((one) => one.startsWith('root')).length * 10_000 +
    host.length * 100 +
    (money.kind === 'keys' ? money.keys.length * 2_000 : 0) +
    (money.kind === 'budgets' ? 50 : 0) +
    (anywhere ? 1_000 : 0) +
    beside.length * 200 +
    secrets.length * 20 +
    asks.length * 2 +
    through.length
  );
}
