// The bounds of one tunnel: those of the role, and those of its rule, which only tighten them.

import type { EgressRuleLimits, HostDecision } from '../../policy/egress.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { EgressContext, Exchange } from './exchange.ts';
import type { ByteWindow, WindowBounds } from './limits.ts';
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
  const all = context.settings.limits;
  const own = decision.matched?.limits;
  // By the pattern and not by the host: below a wildcard a new name would be a new budget.
  const key = `${caller}\0${decision.rule}`;
  const window = context.limits.windowOf(key, all);
  if (own === undefined) return { limits: all, window };
  const ownWindow = windowBoundsOf(own, all);
  if (ownWindow === null) return { limits: tightened(all, own), window };
  const second = context.limits.windowOf(`${key}\0own`, ownWindow);
  return { limits: tightened(all, own), window: both(second, window) };
}

function tightened(all: TunnelBounds['limits'], own: EgressRuleLimits): TunnelBounds['limits'] {
  const smaller = (key: 'tunnelAgeMs' | 'idleTimeoutMs' | 'bytesUpMax' | 'bytesDownMax') =>
    Math.min(all[key], own[key] ?? all[key]);
  return {
    ...all,
    tunnelAgeMs: smaller('tunnelAgeMs'),
    idleTimeoutMs: smaller('idleTimeoutMs'),
    bytesUpMax: smaller('bytesUpMax'),
    bytesDownMax: smaller('bytesDownMax'),
  };
}

/** A window of the rule's own, beside that for all: the two may be of different lengths. */
function windowBoundsOf(own: EgressRuleLimits, all: WindowBounds): WindowBounds | null {
  const { windowMs, windowBytesUpMax, windowBytesDownMax } = own;
  if ((windowMs ?? windowBytesUpMax ?? windowBytesDownMax) === undefined) return null;
  return {
    windowMs: windowMs ?? all.windowMs,
    windowBytesUpMax: windowBytesUpMax ?? all.windowBytesUpMax,
    windowBytesDownMax: windowBytesDownMax ?? all.windowBytesDownMax,
  };
}

function both(first: ByteWindow, second: ByteWindow): ByteWindow {
  return {
    up: (bytes) => first.up(bytes) ?? second.up(bytes),
    down: (bytes) => first.down(bytes) ?? second.down(bytes),
    spent: () => first.spent() ?? second.spent(),
  };
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
  if (refused === null) exchange.admitted.push(key);
  return refused;
}
