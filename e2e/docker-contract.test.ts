// The Docker driver keeps the contract of every driver: with a network for each edge and with none,
// as root and as a member of the group whose the daemon's socket is.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import {
  openDockerWorld,
  type RoleDaemon,
  startRoleDaemon,
  testUser,
} from '../src/testing/docker-world.ts';
import { driverContract } from '../src/testing/driver-contract.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { runAgainAs, whyNoOrdinaryUser } from '../src/testing/ordinary-user.ts';

const given = process.env.CLINCHER_TEST_DOCKER;
if (given !== undefined) asMember(JSON.parse(given) as RoleDaemon);
else if (dockerSkip !== false) test('the Docker driver', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, {}, asRoot);

function asRoot(): void {
  let started: Awaited<ReturnType<typeof startRoleDaemon>>;
  before(async () => {
    started = await startRoleDaemon(testUser.gid);
  });
  after(() => started?.daemon[Symbol.asyncDispose]());

  driverContract('the Docker driver with networks', (secrets) =>
    openDockerWorld('segmented', secrets, started),
  );
  driverContract(
    'the Docker driver without networks',
    (secrets) => openDockerWorld('sealed', secrets, started),
    'insides',
  );
  test('the same for an ordinary user in the group docker', {
    skip: whyNoOrdinaryUser(),
  }, async () => {
    const { socket, roleImageId } = started;
    const given = { CLINCHER_TEST_DOCKER: JSON.stringify({ socket, roleImageId }) };
    const output = await runAgainAs(testUser, import.meta.filename, given);
    assert.match(output, /a member of the group docker/);
  });
}

function asMember(daemon: RoleDaemon): void {
  driverContract(
    'the Docker driver for a member of the group docker',
    (secrets) => openDockerWorld('segmented', secrets, daemon),
    'insides',
  );
}
