// Two instances over a real Redis: a conversation goes on where it was answered, whichever of them
// is asked next.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redisInstance } from '../../../testing/redis-instance.ts';
import { startRedis, type TestRedis } from '../../../testing/redis-server.ts';
import { Affinity } from '../routing/affinity.ts';
import { SharedAffinity } from './shared-affinity.ts';

function instance(redis: TestRedis, name: string) {
  const { settings, link, ...rest } = redisInstance(redis, name);
  const affinity = new Affinity({ affinityEntriesMax: 10, affinityMs: 60_000 });
  affinity.elsewhere = new SharedAffinity(link, settings, 60_000);
  return { affinity, link, ...rest };
}

/** Until the connection is there. */
async function connected({ link }: ReturnType<typeof instance>): Promise<void> {
  const answers = () =>
    link.run('return {1}', [], []).then(
      () => true,
      () => false,
    );
  while (!(await answers())) await new Promise((next) => setTimeout(next, 50));
}

test('what one instance has answered the other finds, and what nobody knows is nowhere', async () => {
  await using redis = await startRedis();
  using one = instance(redis, 'one');
  using other = instance(redis, 'other');
  await connected(one);
  await connected(other);
  one.affinity.set('r:resp_1', 'claude/a', 0);
  let found: string | null = null;
  while (found === null) found = await other.affinity.find('r:resp_1', 0);
  assert.equal(found, 'claude/a');
  assert.equal(await other.affinity.find('r:resp_2', 0), null);
  // A conversation that moves is known to have moved, by whoever did not know it before.
  other.affinity.set('c:talk', 'claude/a', 0);
  other.affinity.set('c:talk', 'claude/b', 0);
  const moved = async () => (await one.affinity.find('c:talk', 0)) === 'claude/b';
  while (!(await moved()));
});

test('without Redis a question takes no longer, and each knows its own', async () => {
  await using redis = await startRedis();
  using one = instance(redis, 'one');
  await connected(one);
  await redis.stop();
  one.affinity.set('r:own', 'claude/a', 0);
  assert.equal(await one.affinity.find('r:own', 0), 'claude/a');
  assert.equal(await one.affinity.find('r:other', 0), null);
});
