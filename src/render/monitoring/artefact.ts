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

/** What its programs are made of, who they run as, and where they keep what they collect. */
export interface MonitorRun {
  /** Without an image a program is told what to do and not started. */
  readonly images: Readonly<Partial<Record<MonitorProgram, string>>>;
  /** `UID:GID` of whoever owns the bundle: its secrets are for the owner alone. */
  readonly user: string;
  /** Absolute; it outlives the bundle. */
  readonly data: string;
}

/** Their images are made here, from the distribution's packages. */
export const madePrograms = ['prometheus', 'alertmanager', 'blackbox'] as const;
/** Theirs come from those who make them, and from nowhere else. */
export const broughtPrograms = ['grafana', 'kuma', 'gatus'] as const;
export type BroughtProgram = (typeof broughtPrograms)[number];
export type MonitorProgram = (typeof madePrograms)[number] | BroughtProgram;

export function isDeclared(program: BroughtProgram, { grafana, uptime }: Monitoring): boolean {
  return program === 'grafana' ? grafana : uptime === program;
}

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
