// Two instances over a real Redis: what one has learned of a deployment, the other knows; a Redis
// that is gone changes nothing of what each knows itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redisInstance } from '../../../testing/redis-instance.ts';
import { startRedis, type TestRedis } from '../../../testing/redis-server.ts';
import { LiveStates } from '../routing/live.ts';
import { SharedDeployments } from './shared-deployments.ts';

const rule = { failuresMax: 3, ms: 60_000 };

function instance(redis: TestRedis, name: string) {
  const live = new LiveStates(() => performance.now());
  const stack = new DisposableStack();
  const { settings, link, lines } = stack.use(redisInstance(redis, name));
  stack.use(new SharedDeployments(link, settings, ['a', 'b'], live));
  const cooling = (id: string) => live.read(id).coolingUntilMs - performance.now();
  return { live, lines, cooling, [Symbol.dispose]: () => stack.dispose() };
}

async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((next) => setTimeout(next, 20));
}

test('a deployment that one takes out, the other leaves alone, for as long', async () => {
  await using redis = await startRedis();
  using one = instance(redis, 'one');
  using other = instance(redis, 'other');
  // A connection is there when the first look was answered; until then nothing is told.
  await until(() => {
    one.live.failed('a', 'rate-limit', 60_000, rule);
    return other.cooling('a') > 0;
  });
  assert.ok(other.cooling('a') > 50_000 && other.cooling('a') <= 60_000);
  assert.ok(other.cooling('b') <= 0);
});

test('what one uses of a limit of its deployment the other counts, while it is there', async () => {
  await using redis = await startRedis();
  using other = instance(redis, 'other');
  {
    using one = instance(redis, 'one');
    one.live.began('a');
    one.live.ended('a', 70);
    other.live.began('a');
    await until(() => other.live.read('a').tokens === 70);
    assert.deepEqual([other.live.read('a').calls, other.live.used('a').calls], [2, 1]);
    assert.deepEqual([other.live.read('b').calls, one.live.read('b').calls], [0, 0]);
    await until(() => one.live.read('a').calls === 2);
  }
  await until(() => other.live.read('a').tokens === 0);
});

test('without Redis each knows what it has seen, and says once that it is gone', async () => {
  await using redis = await startRedis();
  using one = instance(redis, 'one');
  await redis.stop();
  await until(() => one.lines.length > 0);
  assert.equal(one.live.failed('a', 'auth', null, rule), true);
  assert.ok(one.cooling('a') > 0);
  await new Promise((next) => setTimeout(next, 700));
  assert.equal(one.lines.filter((line) => line.includes('shared-gone')).length, 1);
});
