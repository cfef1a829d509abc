// Prometheus, Alertmanager and the blackbox exporter for the tests, unpacked into .cache from a
// Debian that has the versions the monitoring host is told to run. Nothing is installed or started.

import { join } from 'node:path';
import type { runCommand } from '../kit/run-command.ts';
import { unpackOnce } from './debian-packages.ts';
import { checkout } from './source-tree.ts';

export const monitoringPrograms = join(checkout, '.cache/monitoring-programs');
const packages = ['prometheus', 'prometheus-alertmanager', 'prometheus-blackbox-exporter'];

export type MonitoringProgram =
  | 'prometheus'
  | 'promtool'
  | 'prometheus-alertmanager'
  | 'amtool'
  | 'prometheus-blackbox-exporter';

/** The path of one; `npm test` has put it there. They are written in Go: any C library will do. */
export function monitoringProgram(name: MonitoringProgram): string {
  return join(monitoringPrograms, 'usr/bin', name);
}

/** Whether there was anything to be done. */
export function installMonitoringPrograms(run: typeof runCommand): Promise<boolean> {
  return unpackOnce(monitoringPrograms, packages, run);
}
