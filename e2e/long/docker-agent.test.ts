// The main job with the real agent in containers, its tools in containers that it makes through
// docker-proxy beside its own: with a network for each edge, and with none.

import { after, test } from 'node:test';
import { agentContract } from '../../src/testing/agent-contract.ts';
import type { AgentContainers } from '../../src/testing/agent-stack.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  dockerSkip,
  startDockerDaemon,
} from '../../src/testing/docker-daemon.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';

/** A stack of root's runs as nobody, and so do its tools. */
const nobody = 65_532;
/** Of the tests' network, where containers get to by their way out. */
const providerHost = '198.51.100.1';

if (dockerSkip !== false) test('the agent in containers', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, { timeoutMs: 1_800_000 }, tests);

function tests(): void {
  let daemon: DockerDaemon | null = null;
  after(() => daemon?.[Symbol.asyncDispose]());

  const opening = (isolation: AgentContainers['isolation']) => async () => {
    daemon ??= await startDockerDaemon({ networks: 'here' });
    const { socket } = daemon;
    const env = dockerEnvironment(socket);
    // Of no image that is named: of the one that is made for it.
    const sandbox = `docker, socket: ${socket}`;
    return { choices: { sandbox, containers: { isolation, env, providerHost } }, toolUser: nobody };
  };
  agentContract('in containers, segmented', opening('segmented'));
  agentContract('in containers, sealed', opening('sealed'), 'turns');
}
