// The monitoring host's bundle: every artefact, each one file here and one line in this list.

import { ClincherError } from '../../kit/error.ts';
import type { Topology } from '../../topology/model.ts';
import type { Monitoring } from '../../topology/monitoring-model.ts';
import { alertmanager } from './alertmanager.ts';
import type { Artefact, BundleFile } from './artefact.ts';
import { blackbox } from './blackbox.ts';
import { compose } from './compose.ts';
import { gatus } from './gatus.ts';
import { prometheus } from './prometheus.ts';
import { rules } from './rules.ts';

const artefacts: readonly Artefact[] = [prometheus, rules, alertmanager, blackbox, gatus, compose];

/** `at` is the folder on the monitoring host that the bundle will be in, absolute. */
export function renderMonitoring(topology: Topology, at: string): readonly BundleFile[] {
  const rules = requireMonitoring(topology);
  return artefacts.flatMap((artefact) => artefact({ topology, rules, at }));
}

/** @throws ClincherError `usage` where the topology has no monitoring host */
export function requireMonitoring({ monitoring }: Topology): Monitoring {
  if (monitoring !== undefined) return monitoring;
  throw new ClincherError('usage', 'no monitoring host is declared', {
    fix: 'Declare one in clincher.yaml: monitoring: { host: true }',
  });
}
