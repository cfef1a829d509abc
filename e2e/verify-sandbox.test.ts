// The attacks of a tool's command in a real stack, the ways that the agent has a command run: by
// ssh into a jail that the driver makes, and through the Docker proxy into a container of a real
// daemon. None of them succeeds; where the proxy holds nothing back, some of each kind do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerProxySettings } from '../src/roles/docker-proxy/settings.ts';
import { type DockerDaemon, dockerSkip, startDockerDaemon } from '../src/testing/docker-daemon.ts';
import { exampleSandbox } from '../src/testing/example-options.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { shortly } from '../src/testing/raw-verification.ts';
import { sandboxesOf, sandboxRowsIn } from '../src/testing/sandbox-attacks.ts';
import { bringUpVerified, inJails, type VerifiedStack } from '../src/testing/verified-stack.ts';
import type { Row } from '../src/verify/model.ts';

function differencesOf(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ verdict }) => verdict === 'difference');
}

/** As a run that was cut off leaves it behind. */
async function leaveOne({ cli, image }: DockerDaemon, { plan }: VerifiedStack): Promise<void> {
  const guard = plan.services.find(({ role }) => role === 'docker-proxy');
  const { scope, template } = dockerProxySettings.parse(guard?.settings);
  const name = template?.names[0]?.replace('*', 'clincher-verify') ?? '';
  const label = `clincher.owner=${scope}/gateway`;
  const { code, stderr } = await cli('create', '--name', name, '--label', label, image, 'id');
  assert.equal(code, 0, stderr);
}

inOwnNetwork(import.meta.url, {}, () => {
  test('a command in the sandbox of a running stack reaches nothing', async () => {
    await using stack = await bringUpVerified(
      inJails({ sandbox: exampleSandbox({ backend: 'ssh' }) }),
    );
    const rows = await sandboxRowsIn(stack);
    assert.deepEqual(differencesOf(rows).map(shortly), []);
    assert.ok(rows.length > 150, String(rows.length));
    assert.deepEqual([...new Set(rows.map(({ from }) => from))], ['sandbox']);
  });

  test('nor does one in a container that Docker gives the agent', {
    skip: dockerSkip,
  }, async () => {
    await using daemon = await startDockerDaemon({ withPython: true });
    await using stack = await bringUpVerified(inJails({ sandbox: sandboxesOf(daemon, daemon) }));
    await leaveOne(daemon, stack);
    const rows = await sandboxRowsIn(stack);
    assert.deepEqual(differencesOf(rows).map(shortly), []);
    assert.ok(rows.length > 150, String(rows.length));
    assert.deepEqual([...new Set(rows.map(({ from }) => from))], ['a sandbox of gateway']);
    // Each program was run: memory folders that run nothing do not answer for the kernel.
    assert.deepEqual(
      rows.filter(({ evidence }) => evidence.includes('cannot run')),
      [],
    );
    assert.deepEqual(await daemon.api('GET', '/containers/json?all=1'), []);

    const switches = { POST: true, CONTAINERS: true, EXEC: true, ALLOW_START: true };
    await stack.plant('docker-proxy', ({ settings }) => ({
      settings: { ...settings, profile: 'tecnativa', template: undefined, switches },
    }));
    const given = differencesOf(await sandboxRowsIn(stack)).filter(
      ({ observed }) => observed === 'open',
    );
    assert.deepEqual([...new Set(given.map(({ attack }) => attack?.class))].toSorted(), [
      ...['files-changed', 'kernel-machine', 'kernel-namespaces', 'kernel-raw-sockets'],
    ]);
    assert.deepEqual(await daemon.api('GET', '/containers/json?all=1'), []);

    await stack.driver.apply({ kind: 'stop', name: 'docker-proxy' });
    const none = await sandboxRowsIn(stack);
    assert.equal(none.length, rows.length);
    for (const { observed, evidence } of none) {
      assert.equal(observed, 'unknown');
      assert.match(evidence, /no command could be run: /);
    }
  });
});
