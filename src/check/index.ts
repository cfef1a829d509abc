// The list of invariants, and running them all. Adding one is a file and a line here.

import type { Finding } from '../kit/finding.ts';
import type { Topology } from '../topology/model.ts';
import { answerCache } from './answer-cache.ts';
import { budget } from './budget.ts';
import { type Check, findingsOf } from './check.ts';
import { dockerSocket } from './docker-socket.ts';
import { edgeEnds } from './edge-ends.ts';
import { egressAddresses } from './egress-addresses.ts';
import { egressHosts } from './egress-hosts.ts';
import { egressLimits } from './egress-limits.ts';
import { ingressFront } from './ingress-front.ts';
import { ingressLimits } from './ingress-limits.ts';
import { ingressPlain } from './ingress-plain.ts';
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
  monitoring,
  egressHosts,
  egressAddresses,
  egressLimits,
  providerDirect,
  rights,
  budget,
  answerCache,
  edgeEnds,
  zones,
  namesUnique,
  secretHolders,
];

/** Pure, linear in the topology; every fault at once, the fatal ones first, then by place. */
export function runChecks(topology: Topology): readonly Finding[] {
  const view = viewOf(topology);
  return checks.flatMap((check) => findingsOf(check, view)).sort(byWeight);
}

function byWeight(a: Finding, b: Finding): number {
  return (
    Number(b.severity === 'fatal') - Number(a.severity === 'fatal') ||
    compare(a.at.file, b.at.file) ||
    a.at.line - b.at.line ||
    a.at.column - b.at.column ||
    compare(a.id, b.id) ||
    compare(a.about, b.about) ||
    compare(a.message, b.message)
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
