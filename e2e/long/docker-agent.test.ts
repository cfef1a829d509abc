// The main job with the real agent in containers, its tools in containers that it makes through
// docker-proxy beside its own: with a network for each edge, for root; and with none, for a member
// of the group docker.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type AgentContractWorld, agentContract } from '../../src/testing/agent-contract.ts';
import type { AgentContainers } from '../../src/testing/agent-stack.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  dockerSkip,
  startDockerDaemon,
} from '../../src/testing/docker-daemon.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import { ordinaryUid, runAgainAs, whyNoOrdinaryUser } from '../../src/testing/ordinary-user.ts';

/** A stack of root's runs as nobody, and so do its tools. */
const nobody = 65_532;
/** Of the tests' network, where containers get to by their way out. */
const providerHost = '198.51.100.1';

const given = process.env.CLINCHER_TEST_DOCKER;
if (given !== undefined) asMember(given);
else if (dockerSkip !== false) test('the agent in containers', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, { timeoutMs: 1_800_000 }, asRoot);

function asRoot(): void {
  const member = { uid: ordinaryUid, gid: ordinaryUid };
  let daemon: DockerDaemon;
  before(async () => {
    daemon = await startDockerDaemon({ networks: 'here', socketGroup: member.gid });
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  agentContract('in containers, segmented', async () =>
    worldOf(daemon.socket, 'segmented', nobody),
  );
  test('the same, sealed, for an ordinary user in the group docker', {
    skip: whyNoOrdinaryUser(),
  }, async (context) => {
    const given = { CLINCHER_TEST_DOCKER: daemon.socket };
    const output = await runAgainAs(member, import.meta.filename, given);
    assert.match(output, /in containers, sealed: the agent at work/);
    context.diagnostic(output);
  });
}

function asMember(socket: string): void {
  agentContract('in containers, sealed', async () => worldOf(socket, 'sealed', ordinaryUid));
}

function worldOf(
  socket: string,
  isolation: AgentContainers['isolation'],
  toolUser: number,
): AgentContractWorld {
  const containers = { isolation, env: dockerEnvironment(socket), providerHost };
  // Of no image that is named: of the one that is made for it.
  return { choices: { sandbox: `docker, socket: ${socket}`, containers }, toolUser };
}
