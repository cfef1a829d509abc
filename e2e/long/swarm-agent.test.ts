// The main job with the real agent as a stack of Swarm, brought up by its command line over two
// nodes: what comes in, and what the agent asks of llm, crosses from one to the other.

import { after, test } from 'node:test';
import { agentContract } from '../../src/testing/agent-contract.ts';
import { dockerEnvironment, dockerSkip } from '../../src/testing/docker-daemon.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import { startSwarmNodes } from '../../src/testing/swarm-nodes.ts';
import { placeOn, providerAddress } from '../../src/testing/swarm-stack.ts';

/** Whose the folders of the image are. */
const imageUser = 1_000;
/** The agent is away from all that it speaks to. */
const places = {
  ingress: 'manager',
  llm: 'manager',
  egress: 'manager',
  gateway: 'worker',
} as const;

if (dockerSkip !== false) test('the agent in a swarm', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, { timeoutMs: 1_800_000 }, tests);

function tests(): void {
  const opened = new AsyncDisposableStack();
  after(() => opened.disposeAsync());

  agentContract('over two nodes of a swarm', async () => {
    const nodes = opened.use(await startSwarmNodes('here'));
    await placeOn(nodes, places);
    const containers = {
      isolation: 'segmented' as const,
      nodes: [nodes.manager, nodes.worker].map(({ daemon }) => `unix://${daemon.socket}`),
      env: dockerEnvironment(nodes.manager.daemon.socket),
      providerHost: providerAddress,
    };
    return { choices: { containers }, toolUser: imageUser };
  });
}
