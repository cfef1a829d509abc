// What an artefact of the monitoring host is made from, and what it comes to: files of a folder
// that is the same wherever its programs run.

import { stringify } from 'yaml';
import type { Topology } from '../../topology/model.ts';
import type { Monitoring } from '../../topology/monitoring-model.ts';

export interface MonitoringView {
  readonly topology: Topology;
  readonly rules: Monitoring;
  /** The folder on the monitoring host, absolute; every path in a file starts with it. */
  readonly at: string;
  readonly run: MonitorRun;
}

/** What its programs are made of, and who they run as. */
export interface MonitorRun {
  readonly images: Readonly<Record<MonitorProgram, string>>;
  /** `UID:GID` of whoever owns the bundle: its secrets are for the owner alone. */
  readonly user: string;
}

export const monitorPrograms = ['prometheus', 'alertmanager', 'blackbox'] as const;
export type MonitorProgram = (typeof monitorPrograms)[number];

export interface BundleFile {
  /** Below the folder: `prometheus/prometheus.yml`. */
  readonly path: string;
  readonly content: string;
}

/** Pure: the same view gives the same bytes. No secret is in what it gives. */
export type Artefact = (view: MonitoringView) => readonly BundleFile[];

/** Where a service of the monitoring host finds a secret that it holds. */
export function secretPath(service: string, secret: string): string {
  return `secrets/${service}/${secret}`;
}

export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
