// What containers need of this machine: the images, made where they are not there, and loaded into
// Docker where it has not got them.

import { nodesAt } from '../../drivers/docker/swarm/nodes.ts';
import { loadIntoDocker } from '../../images/docker.ts';
import { ClincherError } from '../../kit/error.ts';
import { runCommand } from '../../kit/run-command.ts';
import type { DriverName } from '../../topology/model.ts';
import type { StackOptions } from '../../topology/options.ts';
import { readEnvironment } from '../env.ts';
import { ensureImage, imageStore } from '../image/own.ts';
import type { Progress } from '../progress.ts';

/**
 * @throws ClincherError `image-input`, `packages-unavailable`, `agent-missing`,
 * `docker-unreachable`, `disk-full`
 */
export async function installImages(
  { agent: { version: agentVersion }, sandbox, driver, swarm, redis }: StackOptions,
  progress: Progress,
): Promise<void> {
  refuseInstances(driver, redis);
  const { variables } = readEnvironment();
  const nodes = nodesAt(driver === 'swarm' ? (swarm?.nodes ?? []) : [], variables);
  const isOurs = sandbox.backend === 'docker' && sandbox.docker.image === null;
  const needed = ['roles', 'openclaw', ...(isOurs ? (['sandbox'] as const) : [])] as const;
  for (const name of needed) {
    await progress.phase(`image ${name}`, async (update) => {
      const { reference } = await ensureImage(name, { agentVersion, update });
      const loaded = [];
      for (const { place, docker } of nodes) {
        const world = { run: runCommand, env: docker.environment() };
        const missing = await loadIntoDocker(imageStore(), [name], world);
        if (missing.length > 0) loaded.push(place);
      }
      return loaded.length === 0 ? null : `${reference} loaded into ${loaded.join(', ')}`;
    });
  }
}

/** @throws ClincherError `usage`: each of several is another service, which no plan here has */
function refuseInstances(driver: DriverName, redis: StackOptions['redis']): void {
  if (driver !== 'swarm' || redis === undefined || redis.instances === 1) return;
  throw new ClincherError('usage', `up brings up one llm, and ${redis.instances} are declared`, {
    at: redis.at,
    fix: 'Write the stack and deploy it: clincher render swarm --out DIR. Or set instances to 1.',
  });
}
