// The hosts and ports that egress's attacks are written with, in place of those of this stack: the
// one that the caller may reach, the one that another may, and the canary's port.

import type { ServicePlan } from '../../plan/model.ts';
import { canonicalHost } from '../../policy/host.ts';
import { hostPatterns } from '../../policy/host-pattern.ts';
import type { Edge } from '../../topology/model.ts';
import { allowedHost, othersHost } from './egress/write.ts';
import type { WireAttack, WireTable } from './model.ts';

interface Rule {
  readonly caller: string;
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  readonly mode?: string;
  readonly plainHttp?: boolean;
}

/**
 * What is written to egress for an attack of that table, over that edge; null where this stack's
 * own rules allow what it tries, or it has no host to try it with.
 */
export function fillEgress(
  table: WireTable,
  { bytes, reason }: WireAttack,
  { edge, guard, canaryPort }: { edge: Edge; guard: ServicePlan; canaryPort: number },
): string | null {
  const rules = ((guard.settings.rules ?? []) as readonly Rule[]).filter(
    ({ caller }) => caller === edge.from || caller === '*',
  );
  const own = rules.flatMap(({ hosts }) => hosts);
  const other = ((guard.settings.rules ?? []) as readonly Rule[])
    .flatMap(({ hosts }) => hosts)
    .find((host) => !host.includes('*') && !isNamed(own, host));
  const allowed = own.find((host) => !host.includes('*'));
  if (allowed === undefined && reason === 'port-not-allowed') return null;
  if (reason === 'method-refused' && rules.some(({ plainHttp }) => plainHttp === true)) return null;
  const filled = bytes
    .replaceAll(allowedHost, allowed ?? allowedHost)
    .replaceAll(othersHost, other ?? othersHost);
  const [, host = '', port = ''] = /^CONNECT (\S+?):([0-9]+) /.exec(filled) ?? [];
  if (reason === 'host-not-allowed') {
    if (rules.some(({ mode }) => (mode ?? 'enforce') !== 'enforce') || isNamed(own, host)) {
      return null;
    }
  }
  if (reason === 'port-not-allowed' && rules.some(({ ports }) => ports.includes(Number(port)))) {
    return null;
  }
  // Only in the target: a length or a Host that goes with it stays one trick.
  return table.dialsCanary ? filled.replace(':443 HTTP', `:${canaryPort} HTTP`) : filled;
}

function isNamed(patterns: readonly string[], text: string): boolean {
  const host = canonicalHost(text);
  return host !== null && hostPatterns(patterns).find(host) !== null;
}
