// What is tried from inside a sandbox's container, where the agent and docker-proxy are containers
// too: of the same daemon, with a network for each edge and with none.

import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dockerSkip } from '../../src/testing/docker-daemon.ts';
import { imageTar } from '../../src/testing/docker-image.ts';
import { openDockerPlace } from '../../src/testing/docker-world.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import { shortly } from '../../src/testing/raw-verification.ts';
import { run } from '../../src/testing/run-program.ts';
import { sandboxesOf, sandboxRowsIn } from '../../src/testing/sandbox-attacks.ts';
import { bringUpVerified, type OpenPlace } from '../../src/testing/verified-stack.ts';

const image = 'clincher-test-python:1';

const containers =
  (isolation: 'segmented' | 'sealed'): OpenPlace =>
  async (secrets) => {
    const { daemon, ...place } = await openDockerPlace(isolation, secrets);
    // Nobody of the group that the stack's containers are told of.
    chmodSync(daemon.socket, 0o666);
    const importing = ['docker', '-H', `unix://${daemon.socket}`, 'import', '-', image];
    const inputFile = await imageTar(join(daemon.folder, 'python'), true);
    const { code, stdout, stderr } = await run(importing, { inputFile });
    assert.equal(code, 0, stderr);
    const sandbox = sandboxesOf(daemon, { image, imageId: stdout.trim() });
    return { ...place, options: { ...place.options, sandbox } };
  };

if (dockerSkip !== false) test('from a sandbox of containers', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, {}, tests);

function tests(): void {
  for (const isolation of ['segmented', 'sealed'] as const) {
    test(`a command in a container reaches nothing, ${isolation}`, async () => {
      await using stack = await bringUpVerified(containers(isolation));
      const rows = await sandboxRowsIn(stack);
      const differ = rows.filter(({ verdict }) => verdict === 'difference');
      assert.deepEqual(differ.map(shortly), []);
      assert.ok(rows.length > 150, String(rows.length));
    });
  }
}
