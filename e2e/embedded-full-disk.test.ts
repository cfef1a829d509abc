// A full disk under the state directory: starts are refused with disk-full, what runs keeps
// running.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../src/testing/embedded-world.ts';

// A file system of 2 MiB, mounted in namespaces of the test's own, so that it needs no right and
// leaves nothing.
const program = `
  import assert from 'node:assert/strict';
  import { rmSync, writeFileSync } from 'node:fs';
  import { checkStateDir } from '${repositoryRoot}/src/drivers/embedded/preflight-state.ts';
  import { observed, until } from '${repositoryRoot}/src/testing/driver-contract.ts';
  import { openEmbeddedWorld } from '${repositoryRoot}/src/testing/embedded-world.ts';
  import { tinyService } from '${repositoryRoot}/src/testing/tiny-service.ts';
  const stateDir = process.argv[1];
  assert.equal(checkStateDir(stateDir)[0].id, 'disk-full');
  const world = await openEmbeddedWorld({ stateDir });
  const talker = tinyService('talker', { printEveryMs: 10 });
  await world.driver.apply({ kind: 'start', service: talker });
  try {
    for (let index = 0; ; index += 1) writeFileSync(stateDir + '/fill' + index, Buffer.alloc(4096));
  } catch (error) { assert.equal(error.code, 'ENOSPC'); }
  const full = await until(world.driver, 'talker', (seen) => /ENOSPC/.test(seen.detail ?? ''));
  assert.equal(full.state, 'ready');
  assert.match(full.detail, /its log cannot be written: ENOSPC, \\d+ lines lost/);
  const refused = world.driver.apply({ kind: 'start', service: tinyService('late') });
  await assert.rejects(refused, (error) => {
    assert.equal(error.code, 'disk-full', error.message);
    assert.match(error.fix, /Free some space/);
    return true;
  });
  assert.equal(await observed(world.driver, 'late'), null);
  assert.equal((await observed(world.driver, 'talker')).pid, full.pid);
  for (let index = 0; index < 8; index += 1) rmSync(stateDir + '/fill' + index);
  await until(world.driver, 'talker', (seen) => seen.detail === null);
  await world.supervisor.close();
  console.log('held');
`;

test('a full disk stops no service, is told by observe, and refuses the next start', () => {
  const script = 'mount -t tmpfs -o size=2m,mode=700 tmpfs "$0" && exec "$@" "$0"';
  const mountPoint = mkdtempSync(join(tmpdir(), 'clincher-test-'));
  const node = [process.execPath, '--input-type=module-typescript', '-e', program];
  const isRoot = process.getuid?.() === 0;
  const own = isRoot ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const argv = [...own, 'sh', '-c', script, mountPoint, ...node];
  const run = spawnSync('unshare', argv, { encoding: 'utf8', cwd: '/', timeout: 60_000 });
  rmdirSync(mountPoint);
  assert.equal(run.status, 0, `${run.stdout}${run.stderr}`);
  assert.equal(run.stdout, 'held\n');
});
