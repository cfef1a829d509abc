// `clincher monitor`: who may look, and for how long. A certificate is taken back by making
// another: its CA signed that one and no other, so nothing has to be listed.

import { ClincherError } from '../kit/error.ts';
import { systemWorld } from '../kit/world.ts';
import { requireMonitoring } from '../render/monitoring/index.ts';
import type { StackFlags } from './flags.ts';
import { output } from './output.ts';
import { type RenderMonitoringFlags, renderMonitoring } from './render-monitoring.ts';
import { makeMonitorPairs } from './secrets/monitor-pairs.ts';
import { generatedStore } from './secrets/stores.ts';
import { declareStack } from './stack.ts';
import { certificates, hostIn } from './up/prepare.ts';

export interface EnrollFlags extends RenderMonitoringFlags {
  readonly renew?: boolean;
}

/** @throws ClincherError `config-*`, `usage`, `secret-missing` */
export async function enrollMonitor(flags: EnrollFlags, stateDir: string): Promise<void> {
  const { out } = flags;
  if (out === undefined) {
    throw new ClincherError('usage', 'the bundle has to go somewhere', {
      fix: 'clincher monitor enroll --out monitor',
    });
  }
  const made = await makePairs(flags, stateDir, flags.renew === true ? ['door', 'monitor'] : []);
  await renderMonitoring({ ...flags, out }, stateDir);
  if (made.length > 0) output.note('clincher up lets the new one in, and what was before it out');
}

/** @throws ClincherError `config-*`, `usage` */
export async function revokeMonitor(flags: StackFlags, stateDir: string): Promise<void> {
  await makePairs(flags, stateDir, ['monitor']);
  output.line('the door knows another certificate now; clincher up puts it to use');
  output.note('clincher monitor enroll makes a bundle with it');
}

async function makePairs(
  flags: StackFlags,
  stateDir: string,
  renew: Parameters<typeof makeMonitorPairs>[4],
): Promise<readonly string[]> {
  const { topology } = await declareStack(flags);
  const host = hostIn(`https://${requireMonitoring(topology).target}`);
  const store = generatedStore(stateDir);
  return makeMonitorPairs(store, host, systemWorld().now(), certificates, renew);
}
