// The networks of a Compose file: a bridge for each edge, which leads nowhere and has no address of
// the host on it; and the two that lead out, each with one service on it.

import type { BridgeEnd, ServicePlan } from '../../plan/model.ts';

/** Each once, in the order of their names. */
export function bridgesIn(plans: readonly ServicePlan[]): readonly BridgeEnd[] {
  const all = new Map(
    plans.flatMap(({ bridges }) => bridges ?? []).map((end) => [end.bridge, end]),
  );
  return [...all.values()].toSorted((a, b) => (a.bridge < b.bridge ? -1 : 1));
}

const driver = 'com.docker.network.bridge';

/** Of the networks of edges: what all of them have. */
export const edgeNetwork = {
  internal: true,
  enable_ipv6: false,
  driver_opts: {
    [`${driver}.inhibit_ipv4`]: 'true',
    [`${driver}.gateway_mode_ipv4`]: 'isolated',
  },
} as const;

const others: Readonly<Record<BridgeEnd['kind'], object>> = {
  edge: {},
  shared: { internal: true, enable_ipv6: false },
  door: {
    enable_ipv6: false,
    driver_opts: { [`${driver}.enable_ip_masquerade`]: 'false' },
  },
  'way-out': { enable_ipv6: false },
};

export function networkOf({ bridge, kind, subnet }: BridgeEnd): [string, object] {
  return [bridge, { ...others[kind], ipam: { config: [{ subnet }] } }];
}
