// The store in Redis, in a real Redis 8: the contract of stores, with vector sets and with
// RediSearch, and what happens while Redis is not there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { systemWorld } from '../../../../kit/world.ts';
import { createLog } from '../../../../telemetry/log.ts';
import {
  answerUntil,
  degrees,
  entryOf,
  nobody,
  type StoreBench,
  storeContract,
} from '../../../../testing/cache-contract.ts';
import { redisEight } from '../../../../testing/redis-eight.ts';
import { startRedis, type TestRedis } from '../../../../testing/redis-server.ts';
import type { Embedding } from '../embedding/embedding.ts';
import { RedisStore } from './redis-store.ts';

const world = systemWorld();
const limits = {
  ...{ entriesMax: 10_000, bytesMax: 1e7, answerBytesMax: 1e6 },
  ...{ waitMs: 1_000, checksMax: 1 },
};
const eight = redisEight(false);
const search = redisEight(true);
const skipEight = eight === null ? 'there is no Redis 8 in .cache: npm test installs it' : false;
const skipSearch =
  search === null ? 'there is no RediSearch for Redis 8 in .cache: npm test installs it' : false;

/** Of a busy machine a late answer says nothing. */
const patient = 3_000;

interface Opened extends AsyncDisposable {
  readonly store: RedisStore;
  readonly lines: string[];
}

async function open(
  redis: TestRedis,
  embedding: Embedding | null = degrees,
  timeoutMs = patient,
  prefix = 'tests',
): Promise<Opened> {
  const lines: string[] = [];
  const log = createLog({}, (line) => lines.push(line), world.now);
  const way = { connect: redis.connect, password: null, timeoutMs };
  const store = new RedisStore({ prefix, limits }, way, embedding, world, log);
  await store.ready();
  return { store, lines, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

async function bench(program: readonly string[], embedding: Embedding): Promise<StoreBench> {
  const redis = await startRedis(program);
  const opened = await open(redis, embedding);
  return {
    store: opened.store,
    now: () => Date.now(),
    pass: (ms) => sleep(ms),
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}

storeContract('Redis with vector sets', (embedding) => bench(eight ?? [], embedding), skipEight);
storeContract('Redis with RediSearch', (embedding) => bench(search ?? [], embedding), skipSearch);

const soon = () => answerUntil(Date.now() + 3_600_000);

for (const [name, program, skip] of [
  ['vector sets', eight, skipEight],
  ['RediSearch', search, skipSearch],
] as const) {
  test(`${name}: keys have an end, one prefix, and name no text, scope or owner`, {
    skip,
  }, async () => {
    await using redis = await startRedis(program ?? []);
    await using opened = await open(redis, degrees, patient, 'a*[b]');
    await using other = await open(redis, degrees, patient, 'another');
    const { store } = opened;
    await other.store.put(entryOf('kept', 'scope', '5', 'owner'), soon(), nobody);
    await store.put(entryOf('id', 'secret scope', '5', 'secret owner'), soon(), nobody);
    await store.observe({ id: 'id', owner: 'secret owner' }, { similarity: 0.5, same: true });
    const client = new Redis({ path: redis.address.replace('unix:', '') });
    const keys = (await client.keys('*')).filter((key) => key.includes('a*[b]'));
    assert.ok(keys.length >= 2, keys.join());
    for (const key of keys) {
      assert.match(key, /^\{a\*\[b\]\}:[evl]:/);
      assert.doesNotMatch(key, /secret|5$/);
      assert.ok((await client.pttl(key)) > 0, `${key} has no end`);
    }
    await store.clear();
    assert.deepEqual(
      (await client.keys('*')).filter((key) => key.includes('a*[b]')),
      [],
    );
    assert.notEqual(await other.store.get('kept'), null);
    client.disconnect();
  });

  test(`${name}: two that share a Redis share answers, and embeddings are kept apart`, {
    skip,
  }, async () => {
    await using redis = await startRedis(program ?? []);
    await using one = await open(redis);
    await using two = await open(redis);
    const wide = { ...degrees, id: 'degrees-2', dimensions: 32 };
    const wider: Embedding = {
      ...wide,
      embed: async (text, call) => {
        const vector = await degrees.embed(text, call);
        return vector === null ? null : Float32Array.of(...vector, ...new Float32Array(16));
      },
    };
    await using third = await open(redis, wider);
    await one.store.put(entryOf('shared', 's', '5'), soon(), nobody);
    assert.notEqual(await two.store.get('shared'), null);
    const near = { scope: 's', text: '6' };
    assert.equal((await two.store.nearest(near, 1, nobody))[0]?.entry.id, 'shared');
    assert.deepEqual(await third.store.nearest(near, 1, nobody), []);
    await third.store.put(entryOf('wide', 's', '7'), soon(), nobody);
    assert.equal((await third.store.nearest(near, 1, nobody))[0]?.entry.id, 'wide');
  });

  test(`${name}: while Redis hangs or is gone it costs little, is said, and comes back`, {
    skip,
  }, async () => {
    await using redis = await startRedis(program ?? []);
    await using opened = await open(redis, degrees, 300);
    const { store, lines } = opened;
    const question = { scope: 's', text: '5' };
    const all = async () => {
      await store.put(entryOf('id', 's', '5'), soon(), nobody);
      await store.observe({ id: 'id', owner: 'owner-a' }, { similarity: 0.5, same: true });
      assert.equal(await store.get('id'), null);
      assert.deepEqual(await store.nearest(question, 1, nobody), []);
      assert.deepEqual(await store.learned('owner-a'), []);
      assert.deepEqual(await store.delete(['id'], 'owner-a'), []);
    };
    redis.freeze(true);
    const beganMs = performance.now();
    await all();
    const tookMs = performance.now() - beganMs;
    assert.ok(tookMs < 1_200, `${tookMs} ms: who is known to be gone is not waited for again`);
    const { fault, faults } = store.stats();
    assert.match(fault ?? '', /Redis does not keep answers/);
    assert.ok(faults >= 6, String(faults));
    redis.freeze(false);
    await back(store);
    await redis.stop();
    await all();
    assert.notEqual(store.stats().fault, null);
    await redis.restart();
    await back(store);
    await store.put(entryOf('id', 's', '5'), soon(), nobody);
    assert.equal((await store.nearest(question, 1, nobody))[0]?.entry.id, 'id');
    assert.equal(store.stats().fault, null);
    assert.ok(lines.some((line) => line.includes('cache-store-gone')));
    assert.ok(lines.some((line) => line.includes('cache-store-back')));
    assert.ok(lines.length < 12, lines.join('\n'));
  });

  test(`${name}: an entry of another scope is not given, wherever it is found`, {
    skip,
  }, async () => {
    await using redis = await startRedis(program ?? []);
    await using opened = await open(redis);
    const near = { scope: 's', text: '6' };
    await opened.store.put(entryOf('moved', 's', '5'), soon(), nobody);
    assert.equal((await opened.store.nearest(near, 1, nobody)).length, 1);
    const client = new Redis({ path: redis.address.replace('unix:', '') });
    await client.hset('{tests}:e:moved', 'scope', 'another');
    client.disconnect();
    assert.deepEqual(await opened.store.nearest(near, 1, nobody), []);
  });

  test(`${name}: emptied under it, it goes on`, { skip }, async () => {
    await using redis = await startRedis(program ?? []);
    await using opened = await open(redis);
    await opened.store.put(entryOf('before', 's', '5'), soon(), nobody);
    const client = new Redis({ path: redis.address.replace('unix:', '') });
    await client.flushall();
    client.disconnect();
    await opened.store.nearest({ scope: 's', text: '5' }, 1, nobody);
    await opened.store.put(entryOf('after', 's', '5'), soon(), nobody);
    const near = await opened.store.nearest({ scope: 's', text: '5' }, 1, nobody);
    assert.equal(near[0]?.entry.id, 'after');
  });
}

test('an old Redis without either keeps answers to the same request, and says so', async (t) => {
  await using redis = await startRedis();
  await using opened = await open(redis);
  const client = new Redis({ path: redis.address.replace('unix:', '') });
  const [known] = (await client.call('COMMAND', 'INFO', 'VSIM')) as (unknown[] | null)[];
  client.disconnect();
  if (known != null && known.length > 0)
    return t.skip('the Redis of this machine is not an old one');
  const { store, lines } = opened;
  await store.put(entryOf('id', 's', '5'), soon(), nobody);
  assert.notEqual(await store.get('id'), null);
  assert.deepEqual(await store.nearest({ scope: 's', text: '5' }, 1, nobody), []);
  assert.match(store.stats().fault ?? '', /neither RediSearch nor vector sets/);
  assert.ok(lines.some((line) => line.includes('cache-store-lacks-search')));
});

test('where only the same request is asked for, nothing of that is missed', async () => {
  await using redis = await startRedis();
  await using opened = await open(redis, null);
  const { store } = opened;
  await store.put(entryOf('id', 's', '5'), soon(), nobody);
  assert.notEqual(await store.get('id'), null);
  assert.equal(store.stats().fault, null);
});

async function back(store: RedisStore): Promise<void> {
  const untilMs = performance.now() + 30_000;
  while (performance.now() < untilMs) {
    await store.get('nothing');
    if (store.stats().fault === null) return;
    await sleep(50);
  }
  assert.fail(`it did not come back: ${store.stats().fault}`);
}
