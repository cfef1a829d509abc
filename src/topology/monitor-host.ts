// The monitoring host: it looks at the application host through a door of its own and can touch
// nothing else of it.

import { defaultPlace } from '../kit/place.ts';
import { ingressRules } from '../roles/ingress/settings.ts';
import { service, zoneNames } from './app-host.ts';
import type { Edge, External, Service, Topology } from './model.ts';
import { doorSecrets, localCa, monitorCredentials, receiverSecrets } from './monitor-secrets.ts';
import type { Monitoring } from './monitoring-model.ts';
import { doorOf, type MonitoringOptions, monitoringRules } from './monitoring-options.ts';
import { isBehindCloudflare, type StackOptions } from './options.ts';
import { images } from './pins.ts';
import { edge } from './standard-edges.ts';

export const monitorZone = 'monitor-net';
/** On the application host: an ingress that leads to metrics and nowhere else. */
export const monitorDoor = 'monitor-ingress';
/** The only paths that monitoring may ask for: of its door, and of the people's. */
export const monitoringPaths = { metrics: '/metrics', health: '/healthz' } as const;
const receivers = 'receivers';

/** A monitoring host is declared, or part of the reference; null where there is none. */
export function monitoringOf(options: StackOptions): Monitoring | null {
  const said = saidOf(options);
  if (said === null) return null;
  const { listen } = doorOf(said);
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return monitoringRules(said, `${host}:${listen.port}`, options.ingress.origin);
}

function saidOf({ monitoring, preset, file }: StackOptions): MonitoringOptions | null {
  return monitoring ?? (preset === 'reference' ? { at: defaultPlace(file) } : null);
}

/** The one service of the application host that is there for the monitor alone. */
export function monitorDoors(options: StackOptions): readonly Service[] {
  const said = saidOf(options);
  const rules = monitoringOf(options);
  if (said === null || rules === null) return [];
  const { listen, from } = doorOf(said);
  const told = ingressRules.parse({
    origin: `https://${rules.target}`,
    front: { ranges: [...from], addressHeader: null, certificate: true },
    // More than any scrape needs, and far less than people have at their door.
    rate: { requests: 60, perSeconds: 10 },
    limits: { connectionsMax: 32, streamsMax: 4, headerBytesMax: 8_192, bodyBytesMax: 1 },
  });
  const run = { role: 'ingress', rules: told, listen } as const;
  const base = service(monitorDoor, run, [zoneNames.proxy], said.at);
  return [
    {
      ...base,
      rights: { ...base.rights, worldListeners: [listen] },
      holds: Object.values(doorSecrets),
    },
  ];
}

export function monitorServices(options: StackOptions): readonly Service[] {
  const said = saidOf(options);
  const rules = monitoringOf(options);
  if (said === null || rules === null) return [];
  const { at } = said;
  const program = (name: string, image: string, holds: readonly string[] = []) => ({
    ...service(name, { role: 'program', image, argv: [] }, [monitorZone], at, 'monitor'),
    holds,
  });
  return [
    program('prometheus', images.prometheus, Object.values(monitorCredentials)),
    program(
      'alertmanager',
      images.alertmanager,
      receiverSecrets(said).map(({ name }) => name),
    ),
    program('blackbox', images.blackbox, options.ingress.tls === 'local' ? [localCa] : []),
    ...(rules.grafana ? [program('grafana', images.grafana)] : []),
    ...(rules.uptime === 'none' ? [] : [program(uptimeName(rules), images[rules.uptime])]),
  ];
}

function uptimeName({ uptime }: Monitoring): string {
  return uptime === 'kuma' ? 'uptime-kuma' : uptime;
}

export function monitorExternals(options: StackOptions): readonly External[] {
  const said = saidOf(options);
  if (said === null) return [];
  const { at } = said;
  const outside = { name: receivers, kind: 'internet', host: null, at } as const;
  return [
    { name: 'operator', kind: 'client', host: null, at },
    ...(tellsPeople(said) ? [outside] : []),
  ];
}

function tellsPeople({ receivers, deadMansSwitch }: MonitoringOptions): boolean {
  return (receivers ?? []).length > 0 || deadMansSwitch !== undefined;
}

export function monitorEdges(options: StackOptions): readonly Edge[] {
  const said = saidOf(options);
  const rules = monitoringOf(options);
  if (said === null || rules === null) return [];
  const { at } = said;
  const inMonitor = { zone: monitorZone, protocol: 'https', at } as const;
  const within = { ...inMonitor, protocol: 'http' } as const;
  const app = { ...inMonitor, zone: zoneNames.proxy } as const;
  const health = { paths: [monitoringPaths.health], purpose: 'asks from outside whether it is up' };
  const door = { paths: [monitoringPaths.metrics], purpose: 'one read-only page of metrics' };
  const asks = (name: string) =>
    isBehindCloudflare(options)
      ? edge(name, 'cloudflare', 'https', { ...inMonitor, ...health })
      : edge(name, 'ingress', 'https', { ...app, ...health });
  const uptime = rules.uptime === 'none' ? [] : [uptimeName(rules)];
  return [
    edge(monitorDoor, 'metrics', 'http', { ...app, protocol: 'http', ...door }),
    edge('prometheus', monitorDoor, 'https', {
      ...app,
      paths: [monitoringPaths.metrics],
      purpose: 'scrapes every role, llm included',
    }),
    edge('prometheus', 'alertmanager', 'http', { ...within, purpose: 'says what is wrong' }),
    edge('prometheus', 'blackbox', 'http', { ...within, purpose: 'has it ask from outside' }),
    asks('blackbox'),
    ...(tellsPeople(said)
      ? [edge('alertmanager', receivers, 'https', { ...inMonitor, purpose: 'tells people' })]
      : []),
    ...(rules.grafana
      ? [
          edge('operator', 'grafana', 'https', { ...inMonitor, purpose: 'dashboards and alerts' }),
          edge('grafana', 'prometheus', 'http', { ...within, purpose: 'asks what was collected' }),
        ]
      : []),
    ...uptime.flatMap((name) => [
      edge('operator', name, 'https', { ...inMonitor, purpose: 'health at a glance' }),
      asks(name),
    ]),
  ];
}

/** A secret that no other host has any use for. */
export function heldOnlyByMonitor({ services }: Topology, secret: string): boolean {
  const holders = services.filter(({ holds }) => holds.includes(secret));
  return holders.length > 0 && holders.every(({ host }) => host === 'monitor');
}
