// The monitoring host's bundle: every artefact, each one file here and one line in this list.

import { ClincherError } from '../../kit/error.ts';
import type { Topology } from '../../topology/model.ts';
import type { Monitoring } from '../../topology/monitoring-model.ts';
import { images } from '../../topology/pins.ts';
import { alertmanager } from './alertmanager.ts';
import {
  type Artefact,
  type BundleFile,
  broughtPrograms,
  isDeclared,
  type MonitorRun,
} from './artefact.ts';
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
function elsewhere(rules: Monitoring, at: string): MonitorRun {
  const { prometheus, alertmanager, blackbox } = images;
  const brought = broughtPrograms.filter((each) => isDeclared(each, rules));
  const others = Object.fromEntries(brought.map((each) => [each, images[each]]));
  const run = { user: '0:0', data: `${at}/data` };
  return { ...run, images: { prometheus, alertmanager, blackbox, ...others } };
}

/** `at` is the folder on the monitoring host that the bundle will be in, absolute. */
export function renderMonitoring(
  topology: Topology,
  at: string,
  told?: MonitorRun,
): readonly BundleFile[] {
  const rules = requireMonitoring(topology);
  const run = told ?? elsewhere(rules, at);
  return artefacts.flatMap((artefact) => artefact({ topology, rules, at, run }));
}

/** @throws ClincherError `usage` where the topology has no monitoring host */
export function requireMonitoring({ monitoring }: Topology): Monitoring {
  if (monitoring !== undefined) return monitoring;
  throw new ClincherError('usage', 'no monitoring host is declared', {
    fix: 'Declare one in clincher.yaml: monitoring: { host: true }',
  });
}
