// Images on their way: into a file and out of it on another machine, into Docker, and out of a
// registry by their digest, which may lie. In a network of its own, where the registry is too.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { imageStore } from '../src/cli/image/own.ts';
import { buildImage } from '../src/images/build-image.ts';
import { type DockerWorld, idInDocker, inDocker, loadIntoDocker } from '../src/images/docker.ts';
import { pullPinned } from '../src/images/pull.ts';
import { ImageStore } from '../src/images/store.ts';
import { runCommand } from '../src/kit/run-command.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  dockerSkip,
  startDockerDaemon,
} from '../src/testing/docker-daemon.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { startRegistry } from '../src/testing/registry.ts';
import { clincher, plainEnvironment } from '../src/testing/run-program.ts';
import { smallImage } from '../src/testing/small-image.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

if (dockerSkip === false) inOwnNetwork(import.meta.url, {}, tests);
else test('images on their way', { skip: dockerSkip }, () => undefined);

function tests(): void {
  suite('images on their way', () => {
    let daemon: DockerDaemon;
    let docker: DockerWorld;
    const folder = tempDir();
    const store = new ImageStore(folder.path);
    const removeAll = async () => {
      const ids = (await daemon.cli('image', 'ls', '--quiet', 'clincher/*')).stdout.trim();
      if (ids !== '') await daemon.cli('image', 'rm', '--force', ...ids.split('\n'));
    };

    before(async () => {
      daemon = await startDockerDaemon({ networks: 'here' });
      docker = { run: runCommand, env: dockerEnvironment(daemon.socket) };
      await buildImage(smallImage('roles', { '/a': 'one'.repeat(2_000) }), 'amd64', store);
      await buildImage(smallImage('redis', { '/a': 'two'.repeat(2_000) }), 'amd64', store);
    });
    after(async () => {
      await daemon[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    });

    test('Docker gives an image the id that was worked out here', async () => {
      const [roles, redis] = [await store.image('roles'), await store.image('redis')];
      assert.deepEqual(await loadIntoDocker(store, ['roles'], docker), [roles]);
      assert.equal(await idInDocker(roles.reference, docker), roles.imageId);
      assert.equal(await inDocker(redis, docker), false);
      assert.deepEqual(await loadIntoDocker(store, ['roles', 'redis'], docker), [redis]);
    });

    test('another image under the name is seen, and put right', async () => {
      const roles = await store.image('roles');
      await daemon.cli('tag', daemon.image, roles.reference);
      assert.equal(await inDocker(roles, docker), false);
      assert.deepEqual(await loadIntoDocker(store, ['roles'], docker), [roles]);
      assert.equal(await inDocker(roles, docker), true);
    });

    test('an image for another kind of machine is refused before it is loaded', async () => {
      using other = tempDir();
      const foreign = new ImageStore(other.path);
      const { reference } = await buildImage(smallImage('caddy', { '/a': 'x' }), 'arm64', foreign);
      await assert.rejects(loadIntoDocker(foreign, ['caddy'], docker), {
        code: 'image-input',
        message: 'the image caddy is for arm64, and this Docker runs amd64',
      });
      assert.equal(await idInDocker(reference, docker), null);
    });

    test('what was pinned is pulled from a registry, and nothing that lies', async () => {
      await removeAll();
      await using registry = await startRegistry(store);
      const { manifestDigest, imageId } = await store.image('redis');
      const pinned = `${registry.host}/clincher/redis@${manifestDigest}`;
      registry.lie = 'manifest';
      await assert.rejects(pullPinned(pinned, docker), { code: 'image-changed' });
      registry.lie = 'layer';
      await assert.rejects(pullPinned(pinned, docker), { code: 'image-changed' });
      registry.lie = 'nothing';
      assert.equal(await pullPinned(pinned, docker), imageId);
      const missing = `${registry.host}/clincher/redis@sha256:${'0'.repeat(64)}`;
      await assert.rejects(pullPinned(missing, docker), { code: 'image-unavailable' });
      await assert.rejects(pullPinned(`${registry.host}/clincher/redis:1`, docker), {
        code: 'usage',
        message: /a tag can be moved/,
      });
    });

    test('the command line carries an image to a Docker that has none', async () => {
      const file = join(folder.path, 'nginx.tar.gz');
      const env = plainEnvironment(dockerEnvironment(daemon.socket));
      const saved = await clincher(['image', 'save', file, 'nginx'], { env });
      assert.equal(saved.code, 0, saved.stderr);
      const { reference } = await imageStore().image('nginx');
      assert.equal(await idInDocker(reference, docker), null);
      const loaded = await clincher(['image', 'load', file], { env });
      assert.equal(loaded.code, 0, loaded.stderr);
      assert.match(loaded.stdout, /into Docker: nginx\n$/);
      const listed = await clincher(['image', 'list'], { env });
      assert.match(listed.stdout, new RegExp(`^${reference} +[0-9]+ MB +yes +sha256:`, 'm'));
      const changed = readFileSync(file);
      changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
      writeFileSync(file, changed);
      const refused = await clincher(['image', 'load', file], { env });
      assert.deepEqual([refused.code, refused.stdout], [1, '']);
      assert.match(refused.stderr, /cannot be unpacked|not what was saved/);
    });

    test('who has no Docker, or may not speak to it, is told so', async () => {
      const without = plainEnvironment({ DOCKER_HOST: `unix://${folder.path}/nothing.sock` });
      const silent = await clincher(['image', 'load'], { env: without });
      assert.equal(silent.code, 3);
      assert.match(silent.stderr, /no Docker daemon answers\n.*systemctl start docker/);
      const listed = await clincher(['image', 'list'], { env: without });
      assert.deepEqual([listed.code, listed.stderr], [0, '']);
      assert.match(listed.stdout, / \? +sha256:/);
    });
  });
}
