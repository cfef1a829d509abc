// The monitoring host's bundle: every artefact, each one file here and one line in this list.

import { ClincherError } from '../../kit/error.ts';
import type { Topology } from '../../topology/model.ts';
import type { Artefact, BundleFile } from './artefact.ts';
import { blackbox } from './blackbox.ts';
import { prometheus } from './prometheus.ts';

const artefacts: readonly Artefact[] = [prometheus, blackbox];

/**
 * `at` is the folder on the monitoring host that the bundle will be in, absolute.
 * @throws ClincherError `usage` where the topology has no monitoring host
 */
export function renderMonitoring(topology: Topology, at: string): readonly BundleFile[] {
  const { monitoring: rules } = topology;
  if (rules === undefined) {
    throw new ClincherError('usage', 'no monitoring host is declared', {
      fix: 'Declare one in clincher.yaml: monitoring: { host: true }',
    });
  }
  return artefacts.flatMap((artefact) => artefact({ topology, rules, at }));
}
