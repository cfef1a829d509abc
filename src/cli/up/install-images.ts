// What containers need of this machine: the images, made where they are not there, and loaded into
// Docker where it has not got them.

import { type Node, nodesAt } from '../../drivers/docker/swarm/nodes.ts';
import { loadIntoDocker } from '../../images/docker.ts';
import { ClincherError } from '../../kit/error.ts';
import { runCommand } from '../../kit/run-command.ts';
import type { StackOptions } from '../../topology/options.ts';
import { agentImage, type OwnImage } from '../../topology/own-images.ts';
import { readEnvironment } from '../env.ts';
import { ensureImage, imageStore } from '../image/own.ts';
import { imageFor, requireInDocker, sentImages } from '../image/sent.ts';
import type { Progress } from '../progress.ts';

/** What a stack of containers runs in. */
export function neededImages({ sandbox, ingress }: StackOptions): readonly OwnImage[] {
  const isOurs = sandbox.backend === 'docker' && sandbox.docker.image === null;
  const program = ingress.program === undefined ? [] : [ingress.program.name];
  const agent = agentImage(sandbox.backend === 'none' ? 'beside' : 'apart');
  return ['roles', agent, ...(isOurs ? (['sandbox'] as const) : []), ...program];
}

/**
 * @throws ClincherError `image-input`, `packages-unavailable`, `agent-missing`,
 * `docker-unreachable`, `disk-full`, `image-missing` on a host that was deployed to
 */
export async function installImages(
  options: StackOptions,
  stateDir: string,
  progress: Progress,
): Promise<void> {
  refuseInstances(options);
  const agentVersion = options.agent.version;
  const docker = { run: runCommand };
  const wereSent = (await sentImages(stateDir)) !== null;
  for (const name of neededImages(options)) {
    await progress.phase(`image ${name}`, async (update) => {
      if (wereSent) {
        await requireInDocker(await imageFor(stateDir, name), docker);
        return null;
      }
      const { reference } = await ensureImage(name, { agentVersion, update });
      const loaded: string[] = [];
      for (const { place, docker: node } of nodesOf(options)) {
        const world = { run: runCommand, env: node.environment() };
        const missing = await loadIntoDocker(imageStore(), [name], world);
        if (missing.length > 0) loaded.push(place);
      }
      return loaded.length === 0 ? null : `${reference} loaded into ${loaded.join(', ')}`;
    });
  }
}

function nodesOf({ driver, swarm }: StackOptions): readonly Node[] {
  return nodesAt(driver === 'swarm' ? (swarm?.nodes ?? []) : [], readEnvironment().variables);
}

/** @throws ClincherError `usage`: each of several is another service, which no plan here has */
function refuseInstances({ driver, redis }: StackOptions): void {
  if (driver !== 'swarm' || redis === undefined || redis.instances === 1) return;
  throw new ClincherError('usage', `up brings up one llm, and ${redis.instances} are declared`, {
    at: redis.at,
    fix: 'Write the stack and deploy it: clincher render swarm --out DIR. Or set instances to 1.',
  });
}
