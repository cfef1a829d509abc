// What is asked from outside, said once: the blackbox exporter, Gatus and Uptime Kuma are told the
// same.

import { thresholds } from '../../telemetry/thresholds.ts';
import { monitoringPaths } from '../../topology/monitor-host.ts';
import type { MonitoringView } from './artefact.ts';

export interface OutsideCheck {
  /** One word, for labels: `health`. */
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** Any of these is as it should be; redirects are not followed. */
  readonly statuses: readonly number[];
  readonly everySeconds: number;
}

/** A certificate that ends within this time is reported by all of them. */
export const certificateDaysLeft = thresholds.certificateDays;

export function outsideChecks({ rules }: Pick<MonitoringView, 'rules'>): readonly OutsideCheck[] {
  const check = (id: string, name: string, path: string, statuses: readonly number[]) => ({
    ...{ id, name, statuses, everySeconds: 4 * rules.scrapeSeconds },
    url: `${rules.origin}${path}`,
  });
  return [
    check('health', 'The agent answers', monitoringPaths.health, [200]),
    check('page', 'Its page is served', '/', [200]),
    // Open to everybody, this would be news indeed.
    check('metrics-closed', 'Strangers get no metrics', monitoringPaths.metrics, [401]),
  ];
}
