// The monitoring host: it looks at the application host through ingress and can touch nothing else
// of it.

import { defaultPlace } from '../kit/place.ts';
import { service, zoneNames } from './app-host.ts';
import type { Edge, Service } from './model.ts';
import type { StackOptions } from './options.ts';
import { images } from './pins.ts';
import { metricsToken } from './secrets.ts';
import { edge } from './standard-edges.ts';

export const monitorZone = 'monitor-net';
/** The only paths of ingress that monitoring may ask for. */
export const monitoringPaths = { metrics: '/metrics', health: '/healthz' } as const;

/** Monitoring has a host of its own: declared, or part of the reference. */
export function hasMonitoring(options: StackOptions): boolean {
  return options.monitoring !== null || options.preset === 'reference';
}

export function monitorServices(options: StackOptions): readonly Service[] {
  const at = options.monitoring?.at ?? defaultPlace(options.file);
  const program = (name: string, image: string, argv: readonly string[] = []) =>
    service(name, { role: 'program', image, argv }, [monitorZone], at, 'monitor');
  const retention = ['--storage.tsdb.retention.time=30d'];
  return [
    { ...program('prometheus', images.prometheus, retention), holds: [metricsToken] },
    program('grafana', images.grafana),
    program('uptime-kuma', images.uptimeKuma),
  ];
}

export function monitorEdges(options: StackOptions): readonly Edge[] {
  const at = options.monitoring?.at ?? defaultPlace(options.file);
  const inMonitor = { zone: monitorZone, protocol: 'https', at } as const;
  const scrape = { paths: [monitoringPaths.metrics], purpose: 'scrapes every role, llm included' };
  const health = { paths: [monitoringPaths.health], purpose: 'asks from outside whether it is up' };
  return [
    edge('operator', 'grafana', 'https', { ...inMonitor, purpose: 'dashboards and alerts' }),
    edge('operator', 'uptime-kuma', 'https', { ...inMonitor, purpose: 'health at a glance' }),
    edge('grafana', 'prometheus', 'http', {
      ...inMonitor,
      protocol: 'http',
      purpose: 'asks for what was collected',
    }),
    edge('prometheus', 'ingress', 'https', { ...inMonitor, zone: zoneNames.proxy, ...scrape }),
    options.preset === 'reference'
      ? edge('uptime-kuma', 'cloudflare', 'https', { ...inMonitor, ...health })
      : edge('uptime-kuma', 'ingress', 'https', { ...inMonitor, zone: zoneNames.proxy, ...health }),
  ];
}
