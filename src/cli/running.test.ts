// What a supervisor would repeat beside jails is repeated beside containers by who stays with them:
// told how Docker is reached and no more, and ended with the stack.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { tempDir } from '../testing/temp-dir.ts';
import { repeatedHere, type StackDriver } from './running.ts';

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    assert.ok(tries < 1_000, what);
    await delay(20);
  }
}

const endings = {
  'its shutdown': (driver: StackDriver) => driver.shutdown(),
  'letting go of it': (driver: StackDriver) => driver[Symbol.asyncDispose](),
  'another order': (driver: StackDriver) => driver.repeat(null),
};

for (const [name, end] of Object.entries(endings)) {
  test(`beside containers a command is repeated until ${name}`, async () => {
    using folder = tempDir();
    const log = join(folder.path, 'logs/isolation.log');
    const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
    const ended: string[] = [];
    const containers = {
      shutdown: async () => ended.push('shutdown') > 0,
      [Symbol.asyncDispose]: async () => void ended.push('let go'),
    } as unknown as StackDriver;
    const variables = { DOCKER_HOST: 'unix:///x', API_KEY: 'secret', PATH: '/usr/bin:/bin' };
    const driver = repeatedHere(containers, folder.path, variables);
    const argv = ['sh', '-c', 'echo "$DOCKER_HOST $API_KEY $SAYS"'];
    const env = { SAYS: 'hello', PATH: '/usr/bin:/bin' };
    await driver.repeat({ argv, env, cwd: folder.path, everyMs: 50 });
    await until(() => lines().length >= 2, 'nothing is repeated');
    assert.equal(lines()[0], 'unix:///x  hello');
    await end(driver);
    const told = name === 'another order' ? [] : [name === 'its shutdown' ? 'shutdown' : 'let go'];
    assert.deepEqual(ended, told);
    // One that was under way may have ended since.
    const after = lines().length;
    await delay(400);
    assert.ok(lines().length <= after + 1);
    await driver.repeat(null);
  });
}
