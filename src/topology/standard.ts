// The standard topology: what the user's options mean, as services, zones, edges and secrets.

import { defaultPlace } from '../kit/place.ts';
import { appServices, zoneNames } from './app-host.ts';
import type { External, Host, Topology, Zone } from './model.ts';
import {
  monitorDoors,
  monitorEdges,
  monitorExternals,
  monitoringOf,
  monitorServices,
  monitorZone,
} from './monitor-host.ts';
import { isBehindCloudflare, type StackOptions } from './options.ts';
import { sandboxServiceOf } from './sandbox.ts';
import { secretsOf } from './secrets.ts';
import { appEdges } from './standard-edges.ts';

/**
 * Pure. Faults in the user's stack are left in for `check` to find: nothing here throws for them.
 */
export function standardTopology(options: StackOptions): Topology {
  const services = [...appServices(options), ...monitorDoors(options)];
  const monitoring = monitoringOf(options);
  return {
    preset: options.preset,
    driver: options.driver,
    isolation: options.isolation,
    ...(options.driver === 'swarm' && options.swarm ? { swarm: options.swarm } : {}),
    hosts: hostsOf(options),
    zones: zonesOf(options),
    services: [...services, ...monitorServices(options)],
    externals: externalsOf(options),
    edges: [...appEdges(options, services), ...monitorEdges(options)],
    secrets: secretsOf(options),
    ...(monitoring === null ? {} : { monitoring }),
  };
}

/** The same providers and budget as the reference runs them, to hold a stack against. */
export function referenceBeside(options: StackOptions): Topology {
  return standardTopology({
    ...options,
    preset: 'reference',
    driver: 'docker',
    isolation: 'reference',
    sandbox: { ...options.sandbox, backend: 'docker' },
    demo: false,
  });
}

function hostsOf(options: StackOptions): readonly Host[] {
  const app: Host = { name: 'app', at: defaultPlace(options.file) };
  if (monitoringOf(options) === null) return [app];
  return [app, { name: 'monitor', at: options.monitoring?.at ?? app.at }];
}

function zonesOf(options: StackOptions): readonly Zone[] {
  const at = defaultPlace(options.file);
  const zones: Zone[] = [
    { name: zoneNames.proxy, host: 'app', internal: true, at },
    { name: zoneNames.application, host: 'app', internal: true, at },
    { name: zoneNames.egress, host: 'app', internal: false, at },
  ];
  for (const { zone, at } of options.services) {
    if (zones.some(({ name }) => name === zone)) continue;
    zones.push({ name: zone, host: 'app', internal: true, at });
  }
  if (monitoringOf(options) === null) return zones;
  return [...zones, { name: monitorZone, host: 'monitor', internal: false, at }];
}

function externalsOf(options: StackOptions): readonly External[] {
  const at = defaultPlace(options.file);
  const sandbox = sandboxServiceOf(options);
  const external = (name: string, kind: External['kind'], host: External['host'] = null) => ({
    name,
    kind,
    host,
    at,
  });
  return [
    external(isBehindCloudflare(options) ? 'cloudflare' : 'people', 'client'),
    external('internet', 'internet'),
    ...(sandbox === null ? [] : [external(sandbox.hostResource.name, 'host-resource', 'app')]),
    ...monitorExternals(options),
  ];
}
