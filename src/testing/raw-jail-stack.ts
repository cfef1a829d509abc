// A small stack for raw jails: five services, their edges, and a plan made by hand, in which the
// callee of every edge is a real process in a real jail.

import { fileURLToPath } from 'node:url';
import type { Plan, ServicePlan } from '../plan/model.ts';
import { dialFolder, inside, listenFolder, supervisorName } from '../plan/paths.ts';
import { type Edge, edgeId, type Service, type Topology } from '../topology/model.ts';
import type { StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { dockerSandbox, exampleOptions } from './example-options.ts';

export interface RawStack {
  readonly topology: Topology;
  readonly plan: Plan;
  readonly secrets: ReadonlyMap<string, string>;
  readonly answers: Readonly<Record<string, readonly [number, string]>>;
}

export const providerHost = 'api.provider.example';
export const providerAddress = '198.51.100.1';

export const rawServiceProgram = fileURLToPath(new URL('./raw-jail-service.ts', import.meta.url));

/** The standard topology with one provider that resolves to an outside canary. */
export function rawStack(dockerSocket: string | null, ingressPort: number): RawStack {
  const options = exampleOptions();
  const [provider] = options.providers;
  const topology = standardTopology({
    ...options,
    providers: provider ? [{ ...provider, baseUrl: `https://${providerHost}` }] : [],
    egress: { ...options.egress, resolve: { [providerHost]: [providerAddress] } },
    ...(dockerSocket === null ? {} : { sandbox: dockerSandbox(dockerSocket) }),
    ingress: { ...options.ingress, listen: { host: '127.0.0.1', port: ingressPort } },
  } satisfies StackOptions);
  const services = topology.services.map((service) => planOf(service, topology));
  const secrets = new Map(
    topology.secrets.map(({ name }) => [name, `value-of-${name}-0123456789`]),
  );
  return {
    topology,
    plan: { version: 1, driver: 'embedded', topologyHash: 'raw', services },
    secrets,
    answers: {
      egress: [403, 'host-unlisted'],
      llm: [401, 'key-missing'],
      'docker-proxy': [403, 'docker-call-denied'],
    },
  };
}

function planOf(service: Service, { edges, services }: Topology): ServicePlan {
  const local = new Set(services.map(({ name }) => name));
  const { name, rights } = service;
  const into = edges.filter(({ from, to }) => to === name && local.has(from));
  const out = edges.filter(({ from, to }) => from === name && local.has(to));
  const supervisor = edgeId(supervisorName, name, 'admin');
  return {
    name,
    role: service.run.role,
    hash: `hash-of-${name}`,
    settings: {},
    listens: [
      ...into.map(({ id, from, port }: Edge) => ({
        edge: id,
        peer: from,
        folder: listenFolder(from, port),
      })),
      { edge: supervisor, peer: supervisorName, folder: listenFolder(supervisorName, 'admin') },
    ],
    dials: out.map(({ id, to, port }) => ({ edge: id, peer: to, folder: dialFolder(to, port) })),
    secrets: service.holds,
    files: [],
    mounts: [
      { source: process.execPath, target: inside.node, readOnly: true },
      { source: rawServiceProgram, target: `${inside.program}/service.ts`, readOnly: true },
      ...rights.mounts,
    ],
    state: rights.writable.includes(inside.state),
    network: rights.network,
    inherits: rights.worldListeners,
    limits: { memoryBytesMax: 1, cpusMax: 1, processesMax: 1, filesMax: 1_024 },
    after: [],
    readyTimeoutMs: 10_000,
  };
}
