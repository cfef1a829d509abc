// Two instances over a real Redis: what one has learned of a deployment, the other knows; a Redis
// that is gone changes nothing of what each knows itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemWorld } from '../../../kit/world.ts';
import { createLog } from '../../../telemetry/log.ts';
import { startRedis, type TestRedis } from '../../../testing/redis-server.ts';
import { LiveStates } from '../routing/live.ts';
import { RedisLink } from './redis-link.ts';
import { sharedRules } from './settings.ts';
import { SharedCooldowns } from './shared-cooldowns.ts';

const rule = { failuresMax: 3, ms: 60_000 };

function instance(redis: TestRedis, name: string) {
  const told = { url: 'redis://redis', instance: name, instances: 2, timeoutMs: 3_000 };
  const settings = sharedRules.redis.parse(told);
  assert.ok(settings !== null);
  const live = new LiveStates(() => performance.now());
  const lines: string[] = [];
  const log = createLog({}, (line) => lines.push(line), Date.now);
  const stack = new DisposableStack();
  const link = stack.use(new RedisLink(settings, redis.connect, null, systemWorld(), log));
  stack.use(new SharedCooldowns(link, settings, ['a', 'b'], live));
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
