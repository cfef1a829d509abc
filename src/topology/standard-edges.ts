// The edges of the application host. What is not in this list does not exist.

import { defaultPlace, type Place } from '../kit/place.ts';
import { zoneNames } from './app-host.ts';
import { egressCallers, providerTarget, unique } from './egress-rules.ts';
import { type Edge, edgeId, type Service } from './model.ts';
import { isBehindCloudflare, type StackOptions } from './options.ts';
import { sandboxServiceOf } from './sandbox.ts';

const { application, egress, proxy } = zoneNames;
/** RFC 8555, 8.3. */
const challengePath = '/.well-known/acme-challenge/';

/**
 * An edge lives in a zone of its callee. Where an external or another host is at the other end,
 * that zone is the service's: people come in through `proxy-net`, egress leaves through
 * `egress-net`.
 */
export function edge(
  from: string,
  to: string,
  port: string,
  rest: Omit<Edge, 'id' | 'from' | 'to' | 'port'>,
): Edge {
  return { id: edgeId(from, to, port), from, to, port, ...rest };
}

export function appEdges(options: StackOptions, services: readonly Service[]): readonly Edge[] {
  const all = [
    ...inward(options),
    ...toModels(options),
    ...toSandbox(options),
    ...outward(options),
    ...adminEdges(options, services),
    ...userEdges(options, services),
  ];
  // What the user declares again is the same edge: an edge is a capability, not a count.
  return [...new Map(all.toReversed().map((one) => [one.id, one])).values()].toReversed();
}

function inward(options: StackOptions): readonly Edge[] {
  const at = defaultPlace(options.file);
  const from = isBehindCloudflare(options) ? 'cloudflare' : 'people';
  return [
    edge(from, 'ingress', 'https', {
      protocol: 'https',
      zone: proxy,
      purpose: 'the only way in',
      at: options.ingress.at,
    }),
    ...(options.ingress.plain === undefined
      ? []
      : [
          edge(from, 'ingress', 'http', {
            protocol: 'http',
            zone: proxy,
            paths: [challengePath],
            purpose: "a CA's question who we are; all else is led to https",
            at: options.ingress.at,
          }),
        ]),
    edge('ingress', 'gateway', 'http', {
      protocol: 'http',
      zone: proxy,
      purpose: 'the agent: its page, its WebSocket and its API',
      at,
    }),
    edge('ingress', 'metrics', 'http', {
      protocol: 'http',
      zone: proxy,
      paths: ['/metrics'],
      purpose: 'one read-only page of metrics, for who holds the token',
      at,
    }),
  ];
}

function toModels(options: StackOptions): readonly Edge[] {
  const at = defaultPlace(options.file);
  const api = (from: string, to: string, purpose: string, place: Place = at) =>
    edge(from, to, 'api', { protocol: 'http', zone: application, purpose, at: place });
  const own = options.demo ? [] : options.providers;
  return [
    api('gateway', 'llm', 'language models, metered and without a provider key'),
    ...own.flatMap((provider) => {
      const target = providerTarget(options, provider);
      if (!('service' in target)) return [];
      return api('llm', target.service, `calls provider ${provider.name}`, provider.at);
    }),
    ...(options.demo ? [api('llm', 'demo', 'the bundled provider answers every model call')] : []),
    ...sharedState(options),
    ...(options.preset === 'reference'
      ? [
          edge('llm', 'redis', 'redis', {
            protocol: 'redis',
            zone: application,
            purpose: 'shared semantic cache',
            at,
          }),
        ]
      : []),
  ];
}

/** A Redis of the stack's own; one elsewhere is reached over egress. */
function sharedState({ redis, demo }: StackOptions): readonly Edge[] {
  if (redis === undefined || !('service' in redis.where) || demo) return [];
  return [
    edge('llm', redis.where.service, 'redis', {
      protocol: 'redis',
      zone: application,
      purpose: 'budgets, limits and cooldowns that several instances share',
      at: redis.at,
    }),
  ];
}

function toSandbox(options: StackOptions): readonly Edge[] {
  const sandbox = sandboxServiceOf(options);
  if (sandbox === null) return [];
  const { name, port, protocol, purpose, hostResource, at } = sandbox;
  const rest = { protocol, zone: application, at } as const;
  return [
    edge('gateway', name, port, { ...rest, purpose }),
    edge(name, hostResource.name, 'api', { ...rest, purpose: hostResource.purpose }),
  ];
}

function outward(options: StackOptions): readonly Edge[] {
  const callers = egressCallers(options);
  const hosts = unique(callers.flatMap((caller) => caller.hosts));
  const proxies = callers.map((caller) =>
    edge(caller.caller, 'egress', 'proxy', {
      protocol: 'connect',
      zone: application,
      hosts: caller.hosts,
      purpose: caller.caller === 'llm' ? "the providers' hosts" : 'named hosts',
      at: caller.at,
    }),
  );
  if (hosts.length === 0) return proxies;
  const leave = edge('egress', 'internet', 'tcp', {
    protocol: 'tcp',
    zone: egress,
    hosts,
    purpose: 'the one way out',
    at: options.egress.at,
  });
  return [...proxies, leave];
}

/** metrics reads every role's admin socket; a program that is not ours has none. */
function adminEdges(options: StackOptions, services: readonly Service[]): readonly Edge[] {
  return services.flatMap(({ name, run, zones }) => {
    if (run.role === 'program' || run.role === 'metrics') return [];
    return edge('metrics', name, 'admin', {
      protocol: 'http',
      zone: zones.includes(application) ? application : proxy,
      purpose: 'health and metrics',
      at: defaultPlace(options.file),
    });
  });
}

function userEdges(options: StackOptions, services: readonly Service[]): readonly Edge[] {
  const zonesOf = (name: string) => services.find((service) => service.name === name)?.zones ?? [];
  return options.edges.map(({ from, to, port, at }) => {
    const callee = zonesOf(to);
    const shared = callee.find((zone) => zonesOf(from).includes(zone));
    const zone = shared ?? callee[0] ?? zonesOf(from)[0] ?? application;
    return edge(from, to, port, { protocol: 'tcp', zone, purpose: 'declared by you', at });
  });
}
