// What keeps containers up renews what is to be renewed, again and again, until it lets go.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { tempDir } from '../../testing/temp-dir.ts';
import { keepContainers } from './keeper.ts';

test('beside containers the same is run on a timer as beside jails, and ends with them', async () => {
  using dir = tempDir();
  const file = join(dir.path, 'tended');
  const tending = { argv: ['sh', '-c', `echo x >> ${file}`], everyMs: 30 };
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').length / 2 : 0);
  let [isUp, shutdowns] = [true, 0];
  const shutdown = async () => {
    shutdowns += 1;
    isUp = false;
    return true;
  };
  const keeper = keepContainers({ isUp: async () => isUp, shutdown }, tending);
  for (let tries = 0; lines() < 3; tries += 1) {
    assert.ok(tries < 500, 'nothing is run');
    await delay(20);
  }
  await keeper.close();
  assert.equal(await keeper.ended, 'exit code 0');
  assert.equal(shutdowns, 1);
  const after = lines();
  await delay(200);
  assert.ok(lines() <= after + 1, 'one that was under way may have ended since');
});
