// The networks that an overlay cannot be: each node makes its own from a recipe that it has, and
// the swarm knows them by a name.

import type { BridgeEnd } from '../../plan/model.ts';
import { networkName, recipeName, type SwarmStack } from './model.ts';

type Stack = Pick<SwarmStack, 'name'>;

const option = 'com.docker.network.bridge';

/** For each node that a service on it may run on, as arguments of `docker`. */
export function recipeArgs(stack: Stack, { bridge, kind, subnet }: BridgeEnd): readonly string[] {
  return [
    ...['network', 'create', '--config-only', '--subnet', subnet],
    ...(kind === 'door' ? ['--opt', `${option}.enable_ip_masquerade=false`] : []),
    ...['--opt', `${option}.enable_icc=false`, recipeName(stack, bridge)],
  ];
}

/** For a manager. */
export function networkArgs(stack: Stack, { bridge }: BridgeEnd): readonly string[] {
  const made = ['--scope', 'swarm', '--driver', 'bridge'];
  const recipe = ['--config-from', recipeName(stack, bridge)];
  return ['network', 'create', ...made, ...recipe, networkName(stack, bridge)];
}
