// The bounds of one tunnel: those of the role, or those that its rule sets in their place.

import type { EgressRuleLimits, HostDecision } from '../../policy/egress.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { EgressContext, Exchange } from './exchange.ts';
import type { ByteWindow } from './limits.ts';
import type { EgressSettings } from './settings.ts';

export interface TunnelBounds {
  readonly limits: EgressSettings['limits'];
  /** Shared by all tunnels of the caller under the same pattern of the same rule. */
  readonly window: ByteWindow;
}

export function tunnelBounds(
  context: EgressContext,
  { caller }: Exchange,
  decision: HostDecision,
): TunnelBounds {
  const limits = withOwn(context.settings.limits, decision.matched?.limits);
  // By the pattern and not by the host: below a wildcard a new name would be a new budget.
  return { limits, window: context.limits.windowOf(`${caller}\0${decision.rule}`, limits) };
}

/** The very settings of the role where the rule has none: one object for all tunnels. */
function withOwn(limits: TunnelBounds['limits'], own: EgressRuleLimits | undefined) {
  const set = Object.entries(own ?? {}).filter(([, value]) => value !== undefined);
  return set.length === 0 ? limits : { ...limits, ...Object.fromEntries(set) };
}

/** A rule's own bounds on how many tunnels hold beside the role's; null when there is room. */
export function admitUnderRule(exchange: Exchange, decision: HostDecision): Reason | null {
  const { tunnelsMax, tunnelsPerSecondMax } = decision.matched?.limits ?? {};
  if (tunnelsMax === undefined && tunnelsPerSecondMax === undefined) return null;
  const { limits } = exchange.context;
  const key = `${exchange.caller}\0${decision.rule}`;
  const unbounded = Number.MAX_SAFE_INTEGER;
  const refused = limits.admit(key, {
    tunnelsMax: tunnelsMax ?? unbounded,
    tunnelsPerSecondMax: tunnelsPerSecondMax ?? unbounded,
  });
  if (refused === null) exchange.after.push(() => limits.release(key));
  return refused;
}
