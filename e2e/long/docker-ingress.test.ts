// The stack with nginx or Caddy at the ingress as containers: the image that is made of the roles
// and the program, asked from outside, and verified.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dockerSkip } from '../../src/testing/docker-daemon.ts';
import { exampleOptions } from '../../src/testing/example-options.ts';
import { eventually } from '../../src/testing/ingress-contract/model.ts';
import { comesThrough } from '../../src/testing/ingress-stack.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import { differences } from '../../src/testing/raw-verification.ts';
import { openVerifiedContainers } from '../../src/testing/verified-containers.ts';

if (dockerSkip !== false) test('ingress programs as containers', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, {}, tests);

function tests(): void {
  for (const [name, isolation] of [
    ['nginx', 'segmented'],
    ['caddy', 'sealed'],
  ] as const) {
    describe(`${name}, ${isolation}`, () => {
      const ingress = { ...exampleOptions().ingress, program: { name, version: null } };
      const { stack } = openVerifiedContainers(isolation, { ingress });

      test('what runs is what was declared, and every attack on it is refused', async () => {
        // A busy machine lets a container's health be late, which is no matter of the ingress.
        await eventually(async () => assert.deepEqual(differences(await stack().verify()), []));
      });

      test('a request comes through, and a WebSocket, and the log has them', async () => {
        await comesThrough(stack(), ingress.listen.port);
      });
    });
  }
}
