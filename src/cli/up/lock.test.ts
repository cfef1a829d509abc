// One `up` at a time: the second is refused, and nothing stays locked by who has ended.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { tempDir } from '../../testing/temp-dir.ts';
import { lockForUp } from './lock.ts';

test('the second is refused while the first is at work, and not afterwards', async () => {
  using dir = tempDir();
  {
    using _first = await lockForUp(dir.path);
    await assert.rejects(lockForUp(dir.path), { code: 'already-running' });
  }
  await untilFree(dir.path);
});

test('two state directories do not stand in one another’s way', async () => {
  using one = tempDir();
  using two = tempDir();
  using _first = await lockForUp(one.path);
  using second = await lockForUp(two.path);
  assert.ok(second);
});

test('who is killed while holding it holds nothing', async () => {
  using dir = tempDir();
  const lock = new URL('./lock.ts', import.meta.url).href;
  const program = `
    const { lockForUp } = await import(${JSON.stringify(lock)});
    await lockForUp(${JSON.stringify(dir.path)});
    process.stdout.write('held');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  await once(child.stdout, 'data');
  await assert.rejects(lockForUp(dir.path), { code: 'already-running' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await untilFree(dir.path);
});

test('a folder that cannot be locked is said to be one', async () => {
  await assert.rejects(lockForUp('/proc/nowhere'), { code: 'system-refused' });
});

/** The kernel lets go when the last process that held it has ended, which takes a moment. */
async function untilFree(dir: string): Promise<void> {
  for (const deadline = Date.now() + 5_000; ; ) {
    try {
      using lock = await lockForUp(dir);
      assert.ok(lock);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
