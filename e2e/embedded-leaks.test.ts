// What must not come along into a jail: descriptors and variables of whoever started the stack.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { observed } from '../src/testing/driver-contract.ts';
import { openEmbeddedDriver, repositoryRoot } from '../src/testing/embedded-world.ts';
import { tinyService } from '../src/testing/tiny-service.ts';

const start = `
  import { startSupervisor } from '${repositoryRoot}/src/drivers/embedded/start-supervisor.ts';
  const [stateDir] = process.argv.slice(1);
  await startSupervisor({ stateDir, nodePath: process.execPath, detach: false, warm: false });
  console.log('up');
`;

test('neither a descriptor nor a variable of the shell that started the stack is in a jail', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'clincher-test-'));
  // A folder, because an open folder of the host is a way out of any jail.
  const leaked = openSync('/etc', 'r');
  const stdio: ('pipe' | 'ignore')[] = Array.from({ length: 60 }, (_, fd) =>
    fd < 3 ? 'pipe' : 'ignore',
  );
  const argv = ['--input-type=module-typescript', '-e', start, stateDir];
  const starter = spawn(process.execPath, argv, {
    stdio: [...stdio, leaked],
    env: { ...process.env, SHELL_SECRET: 'sk-shell' },
  });
  closeSync(leaked);
  if (starter.stdout === null) assert.fail('no output');
  await once(starter.stdout, 'data');
  try {
    const driver = await openEmbeddedDriver(stateDir);
    await driver.apply({ kind: 'start', service: tinyService('one') });
    const pid = (await observed(driver, 'one'))?.pid ?? assert.fail('it does not run');
    const { processes } = await driver.inspect('one');
    assert.ok(processes.some((each) => each.pid === pid));
    const ours = ['HOME', 'LANG', 'NODE_COMPILE_CACHE', 'PATH', 'PWD'];
    for (const { pid: each, env } of processes) {
      assert.deepEqual(Object.keys(env).sort(), each === pid ? [] : ours);
    }
    for (const each of processes) {
      const kinds = readdirSync(`/proc/${each.pid}/fd`).map((fd) => linkOf(each.pid, fd));
      const foreign = kinds.filter(
        (link) => !/^(pipe|socket|anon_inode):|^\/dev\/null$/.test(link),
      );
      assert.deepEqual(foreign, [], each.argv.join(' '));
    }
  } finally {
    starter.kill();
    await once(starter, 'exit');
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
});

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return '/dev/null';
  }
}
