// What is read of /proc, from the machine the tests run on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { processesInNamespaceOf, startTicks } from './proc.ts';

test('the processes of a namespace come oldest first, whatever their numbers', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const all = processesInNamespaceOf(process.pid);
  child.kill();
  const ages = all.map((pid) => Number(startTicks(pid) ?? 0)).filter((age) => age > 0);
  assert.deepEqual(
    ages,
    ages.toSorted((a, b) => a - b),
  );
  assert.ok(all.indexOf(process.pid) < all.indexOf(child.pid ?? 0));
});
