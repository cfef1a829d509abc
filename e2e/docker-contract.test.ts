// The Docker driver keeps the contract of every driver, with a network for each edge and with none.

import { test } from 'node:test';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import { openDockerWorld } from '../src/testing/docker-world.ts';
import { driverContract } from '../src/testing/driver-contract.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';

if (dockerSkip !== false) test('the Docker driver', { skip: dockerSkip });
else
  inOwnNetwork(import.meta.url, {}, () => {
    driverContract('the Docker driver with networks', (secrets) =>
      openDockerWorld('segmented', secrets),
    );
    driverContract(
      'the Docker driver without networks',
      (secrets) => openDockerWorld('sealed', secrets),
      'insides',
    );
  });
