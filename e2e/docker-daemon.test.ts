// The real daemon that other tests stand on: it comes up, runs a container of our image with every
// limit a sandbox has, goes down, comes back, and leaves nothing behind.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dockerSkip, startDockerDaemon } from '../src/testing/docker-daemon.ts';

test('a daemon of a test runs containers, restarts and leaves nothing', {
  skip: dockerSkip,
}, async () => {
  let folder = '';
  {
    await using daemon = await startDockerDaemon();
    folder = daemon.folder;
    assert.match(daemon.imageId, /^sha256:[0-9a-f]{64}$/);
    const limits = ['--memory=64m', '--cpus=0.5', '--pids-limit=64', '--network=none', '--init'];
    const rights = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'];
    const user = ['--user=1000:1000'];
    const ran = await daemon.cli('run', '--rm', ...limits, ...rights, ...user, daemon.image, 'id');
    assert.equal(ran.stdout, 'uid=1000(tools) gid=1000(tools) groups=1000(tools)\n', ran.stderr);
    await daemon.cli('run', '-d', '--init', '--name=kept', daemon.image, 'sleep', 'infinity');
    await daemon.stop();
    await assert.rejects(daemon.api('GET', '/_ping'));
    await daemon.start();
    const kept = await daemon.cli('inspect', '-f', '{{.State.Running}}', 'kept');
    assert.equal(kept.stdout.trim(), 'false');
  }
  assert.equal(existsSync(folder), false);
  assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(folder));
});
