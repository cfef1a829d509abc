// Other programs, run to their end.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { runCommand } from './run-command.ts';

test('a dozen at once is no leak, and none is listened for when all have ended', async () => {
  const before = process.listenerCount('exit');
  const warned = once(process, 'warning').then(([warning]) => warning as Error);
  const all = Array.from({ length: 12 }, () => runCommand(['/bin/true']));
  const outcomes = await Promise.all(all);
  assert.ok(outcomes.every(({ code }) => code === 0));
  assert.equal(process.listenerCount('exit'), before);
  const turn = new Promise((resolve) => setImmediate(() => resolve('none')));
  assert.equal(await Promise.race([warned, turn]), 'none');
});
