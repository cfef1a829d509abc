// The one list of fuzz targets: whatever reads bytes or text that somebody else wrote, and decides
// by it.

import { canonicalHost, type Host } from '../../policy/host.ts';
import { addressTarget } from './addresses.ts';
import { dockerCreateTarget, dockerExecTarget } from './docker-bodies.ts';
import { dockerTargetTarget } from './docker-targets.ts';
import { helloTarget, secondHelloTarget } from './hellos.ts';
import { canonicalHostTarget, hostTarget } from './hosts.ts';
import { modelBodyTarget, modelEditTarget } from './model-bodies.ts';
import { modelStreamTarget } from './model-streams.ts';
import { proxyHeaderTarget } from './proxy-headers.ts';
import { forwardTarget, requestTarget } from './requests.ts';
import { aclTarget, rulesFileTarget } from './rules-files.ts';
import type { FuzzTarget } from './run.ts';

export const fuzzTargets: readonly FuzzTarget[] = [
  requestTarget,
  forwardTarget,
  canonicalHostTarget,
  addressTarget,
  helloTarget,
  secondHelloTarget,
  proxyHeaderTarget,
  aclTarget,
  rulesFileTarget,
  dockerTargetTarget,
  dockerCreateTarget,
  dockerExecTarget,
  modelBodyTarget,
  modelEditTarget,
  modelStreamTarget,
];

/** Must fail: a reader that repairs what it should refuse. If it passes, the harness is blind. */
export const fuzzCanary: FuzzTarget = hostTarget('canary', repairing);

function repairing(text: string): Host | null {
  return canonicalHost(text.replace(/\.$/, ''));
}
