// How a task was really made, read back from the Docker of its node; and where that is this
// machine, what its processes are.

import type { ServicePlan } from '../../../plan/model.ts';
import { networkName } from '../../../targets/swarm/model.ts';
import type { Inspection } from '../../driver.ts';
import { inspectService } from '../inspect-service.ts';
import type { Entered } from './change-stack.ts';

export async function inspectTask(
  { node, container }: Entered,
  stack: string,
  plan: ServicePlan | null,
): Promise<Inspection> {
  const { docker, isHere } = node;
  const volume = ['volume', 'inspect', '--format', '{{.Mountpoint}}', `${stack}_${plan?.name}`];
  const state = plan?.state === true ? (await docker.ask(volume)).trim() : '';
  const found = await inspectService(docker, container, state, isHere);
  // As the plan has them, and not as the swarm does.
  const bridges = new Map(
    (plan?.bridges ?? []).map(({ bridge }) => [networkName({ name: stack }, bridge), bridge]),
  );
  const networks = found.container?.networks.map((network) => ({
    ...network,
    name: bridges.get(network.name) ?? network.name,
  }));
  if (found.container === undefined || networks === undefined) return found;
  return { ...found, container: { ...found.container, networks } };
}
