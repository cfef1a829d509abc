// The monitoring host's bundle: every artefact, each one file here and one line in this list.

import { ClincherError } from '../../kit/error.ts';
import type { Topology } from '../../topology/model.ts';
import type { Monitoring } from '../../topology/monitoring-model.ts';
import { images } from '../../topology/pins.ts';
import { alertmanager } from './alertmanager.ts';
import type { Artefact, BundleFile, MonitorRun } from './artefact.ts';
import { blackbox } from './blackbox.ts';
import { compose } from './compose.ts';
import { gatus } from './gatus.ts';
import { grafana } from './grafana/index.ts';
import { prometheus } from './prometheus.ts';
import { rules } from './rules.ts';

const artefacts: readonly Artefact[] = [
  prometheus,
  rules,
  alertmanager,
  blackbox,
  gatus,
  grafana,
  compose,
];

/** On a host of its own: from a registry, by whoever may start containers there. */
const elsewhere: MonitorRun = {
  images: {
    prometheus: images.prometheus,
    alertmanager: images.alertmanager,
    blackbox: images.blackbox,
  },
  user: '0:0',
};

/** `at` is the folder on the monitoring host that the bundle will be in, absolute. */
export function renderMonitoring(
  topology: Topology,
  at: string,
  run: MonitorRun = elsewhere,
): readonly BundleFile[] {
  const rules = requireMonitoring(topology);
  return artefacts.flatMap((artefact) => artefact({ topology, rules, at, run }));
}

/** @throws ClincherError `usage` where the topology has no monitoring host */
export function requireMonitoring({ monitoring }: Topology): Monitoring {
  if (monitoring !== undefined) return monitoring;
  throw new ClincherError('usage', 'no monitoring host is declared', {
    fix: 'Declare one in clincher.yaml: monitoring: { host: true }',
  });
}
