// Images on their way to a host: saved here, sent over the real sshd into a real Docker, and held
// there to the digests that were worked out here before anything is switched.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Cargo } from '../src/deploy/cargo.ts';
import { deploy } from '../src/deploy/deploy.ts';
import type { DeployPlan } from '../src/deploy/plan.ts';
import { openFarSide } from '../src/deploy/ssh.ts';
import { archiveBytes } from '../src/images/archive.ts';
import { buildImage } from '../src/images/build-image.ts';
import type { BuiltImage } from '../src/images/image.ts';
import { ImageStore } from '../src/images/store.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  startDockerDaemon,
} from '../src/testing/docker-daemon.ts';
import { smallCargo, withFarHost } from '../src/testing/far-host.ts';
import { smallImage } from '../src/testing/small-image.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

withFarHost(import.meta.url, (box) => {
  const folder = tempDir();
  const store = new ImageStore(folder.path);
  let daemon: DockerDaemon;
  let roles: BuiltImage;
  let redis: BuiltImage;

  before(async () => {
    daemon = await startDockerDaemon({ networks: 'here' });
    await box().useDocker(dockerEnvironment(daemon.socket));
    roles = await buildImage(smallImage('roles', { '/a': 'one' }), 'amd64', store);
    redis = await buildImage(smallImage('redis', { '/a': 'two' }), 'amd64', store);
  });
  after(async () => {
    await daemon[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const idOf = async ({ reference }: BuiltImage) =>
    (await daemon.cli('image', 'inspect', '--format', '{{.Id}}', reference)).stdout.trim();

  /** Resolves to what was planned; `sent` is what arrives in the place of what is declared. */
  async function send(config: string, images: readonly BuiltImage[], sent = images) {
    const cargo: Cargo = {
      ...(await smallCargo('one', config)),
      images: images.map(({ reference, imageId, manifestDigest, bytes }) => ({
        ...{ reference, bytes, ids: [imageId, manifestDigest] },
      })),
      openImages: () =>
        archiveBytes(
          store,
          sent.map(({ name }) => name),
        ),
      needs: { driver: 'docker', ports: [] },
    };
    const plans: DeployPlan[] = [];
    await using far = await openFarSide({ name: 'box', configFile: box().configFile });
    const release = `r-${config.length}`;
    const order = { dir: 'clincher', holder: 'ann', release, dryRun: false };
    const plan = (made: DeployPlan) => void plans.push(made);
    const watch = { warn: () => undefined, step: () => undefined, plan };
    await deploy(far, { ...order, cargo: async () => cargo }, watch);
    return plans[0]?.images.map(({ reference }) => reference);
  }

  test('what Docker there has not got is sent, and has the id that was worked out', async () => {
    assert.deepEqual(await send('a\n', [roles]), [roles.reference]);
    assert.equal(await idOf(roles), roles.imageId);
    assert.deepEqual(await send('ab\n', [roles, redis]), [redis.reference]);
    assert.equal(await idOf(redis), redis.imageId);
  });

  test('an image that arrives as another one is refused, and what ran before runs', async () => {
    await daemon.cli('image', 'rm', roles.reference);
    await daemon.cli('tag', daemon.image, roles.reference);
    await assert.rejects(send('abc\n', [roles], [redis]), {
      code: 'deploy-failed',
      message: new RegExp(`${roles.reference} is not the image that was sent`),
    });
    assert.equal(await box().running(), 'one ab\n');
  });
});
