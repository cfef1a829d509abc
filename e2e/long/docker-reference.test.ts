// Verification of the networks of the reference: each pair that shares one is found open beyond
// what is drawn, and so is the host.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensureImage, imageStore } from '../../src/cli/image/own.ts';
import { loadIntoDocker } from '../../src/images/docker.ts';
import { runCommand } from '../../src/kit/run-command.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  dockerSkip,
} from '../../src/testing/docker-daemon.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import { openVerifiedContainers } from '../../src/testing/verified-containers.ts';
import { images } from '../../src/topology/pins.ts';

/** On openclaw-net each reaches each; metrics has no port there. */
const sharing = ['docker-proxy', 'egress', 'gateway', 'llm', 'redis'];
/** On proxy-net, too. */
const atTheDoor = ['gateway', 'ingress', 'metrics', 'monitor-ingress'];
/** Drawn, and the callee has no other port on their network. */
const drawnWhole = ['llm -> redis', 'ingress -> gateway'];

function openBeyondTheDrawing(): readonly string[] {
  const pairs = (from: readonly string[], to: readonly string[]) =>
    from.flatMap((caller) =>
      to.filter((callee) => callee !== caller).map((callee) => `${caller} -> ${callee}`),
    );
  const all = [...pairs([...sharing, 'metrics'], sharing), ...pairs(atTheDoor, atTheDoor)];
  return [...new Set(all)].filter((pair) => !drawnWhole.includes(pair)).toSorted();
}

if (dockerSkip !== false) test('the networks of the reference', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, {}, tests);

function tests(): void {
  const { stack } = openVerifiedContainers('reference', { preset: 'reference' }, bringRedis);

  test('every pair that shares a network is found open beyond what is drawn', async (context) => {
    const report = await stack().verify();
    const found = report.rows.filter(({ verdict }) => verdict === 'difference');
    const services = new Set(stack().plan.services.map(({ name }) => name));
    const between = found.filter(({ from, to }) => services.has(from) && services.has(to));
    assert.ok(between.every(({ via }) => via === 'tcp4'));
    const pairs = new Set(between.map(({ from, to }) => `${from} -> ${to}`));
    assert.deepEqual([...pairs].toSorted(), openBeyondTheDrawing());
    const rest = found.filter((row) => !between.includes(row));
    // Such a network has an address of the host on it, and by that what the host itself reaches.
    const ofTheHost = ['host', 'internet', 'metadata', 'resolver'];
    const others = rest.filter(({ to }) => !ofTheHost.includes(to));
    assert.deepEqual(
      others.map(({ from, what, evidence }) => `${from} ${what}: ${evidence}`),
      [],
    );
    const gateways = rest.filter(({ to, what }) => to === 'host' && what.endsWith(':9'));
    assert.deepEqual([...new Set(gateways.map(({ from }) => from))].toSorted(), [
      'docker-proxy',
      'llm',
      'redis',
    ]);
    context.diagnostic(`${report.rows.length} rows in ${report.durationMs} ms`);
  });
}

/** Redis of the distribution stands in for the image that the reference names. */
async function bringRedis(daemon: DockerDaemon): Promise<void> {
  const { reference } = await ensureImage('redis');
  await loadIntoDocker(imageStore(), ['redis'], {
    run: runCommand,
    env: dockerEnvironment(daemon.socket),
  });
  const { code, stderr } = await daemon.cli('tag', reference, images.redis);
  assert.equal(code, 0, stderr);
}
