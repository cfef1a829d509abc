// The list of invariants, and running them all. Adding one is a file and a line here.

import type { Finding } from '../kit/finding.ts';
import type { Topology } from '../topology/model.ts';
import { agentChannels } from './agent-channels.ts';
import { answerCache } from './answer-cache.ts';
import { budget } from './budget.ts';
import { type Check, findAll } from './check.ts';
import { dockerSocket } from './docker-socket.ts';
import { edgeEnds } from './edge-ends.ts';
import { egressAddresses } from './egress-addresses.ts';
import { egressHosts } from './egress-hosts.ts';
import { egressLimits } from './egress-limits.ts';
import { ingressFront } from './ingress-front.ts';
import { ingressLimits } from './ingress-limits.ts';
import { ingressPlain } from './ingress-plain.ts';
import { ingressProgram } from './ingress-program.ts';
import { monitoring } from './monitoring.ts';
import { namesUnique } from './names-unique.ts';
import { promptSecrets } from './prompt-secrets.ts';
import { providerDirect } from './provider-direct.ts';
import { providerKeys } from './provider-keys.ts';
import { rights } from './rights.ts';
import { sandboxCalls } from './sandbox-calls.ts';
import { sandboxShape } from './sandbox-shape.ts';
import { secretHolders } from './secret-holders.ts';
import { secretReaders } from './secret-readers.ts';
import { viewOf } from './view.ts';
import { wayOut } from './way-out.ts';
import { worldListeners } from './world-listeners.ts';
import { zones } from './zones.ts';

export const checks: readonly Check[] = [
  wayOut,
  dockerSocket,
  sandboxShape,
  sandboxCalls,
  providerKeys,
  secretReaders,
  promptSecrets,
  worldListeners,
  ingressFront,
  ingressLimits,
  ingressPlain,
  ingressProgram,
  monitoring,
  egressHosts,
  egressAddresses,
  egressLimits,
  providerDirect,
  rights,
  budget,
  answerCache,
  agentChannels,
  edgeEnds,
  zones,
  namesUnique,
  secretHolders,
];

/** Pure, linear in the topology; every fault at once, the fatal ones first, then by place. */
export function runChecks(topology: Topology): readonly Finding[] {
  return findAll(checks, viewOf(topology));
}
