// The section `monitoring` of the user's file, and what is left out of it: the monitoring host
// without a word said about it.

import type { Place } from '../kit/place.ts';
import type { SecretSource } from './model.ts';
import type { Monitoring, Receiver } from './monitoring-model.ts';

/** What is left out is as monitoringOf() has it. */
export interface MonitoringOptions
  extends Partial<Omit<Monitoring, 'origin' | 'receivers' | 'deadMansSwitch'>> {
  /** Where the application host answers the monitor, and nobody else. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Who may connect there, in CIDR notation. */
  readonly from?: readonly string[];
  readonly receivers?: readonly ReceiverOptions[];
  readonly deadMansSwitch?: SecretSource;
  readonly at: Place;
}

/** As the topology has it, with a source for each secret. */
export interface ReceiverOptions {
  readonly receiver: Receiver;
  readonly secrets: Readonly<Record<string, SecretSource>>;
}

const standard = {
  scrapeSeconds: 15,
  retentionDays: 30,
  storageGigabytesMax: 10,
  grafana: true,
  uptime: 'kuma',
} as const;

/** Nobody but this machine: a monitor elsewhere is declared with `listen` and `from`. */
const standardDoor = { host: '127.0.0.1', port: 9_443 } as const;
const thisMachine = ['127.0.0.0/8', '::1/128'] as const;

/** Where the application host answers the monitor, and whom. */
export function doorOf({ listen, from }: MonitoringOptions) {
  return { listen: listen ?? standardDoor, from: from ?? thisMachine };
}

/** With every default filled in. */
export function monitoringRules(
  { listen: _, from: __, at: ___, receivers, deadMansSwitch, ...said }: MonitoringOptions,
  target: string,
  origin: string,
): Monitoring {
  return {
    ...standard,
    ...said,
    target: said.target ?? target,
    origin,
    receivers: (receivers ?? []).map(({ receiver }) => receiver),
    deadMansSwitch: deadMansSwitch === undefined ? null : deadMansSwitchUrl,
  };
}

export const deadMansSwitchUrl = 'monitor-dead-mans-switch-url';
