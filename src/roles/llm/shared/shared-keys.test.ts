// Two instances, a book of keys each, over a real Redis: what is done to a key at one is so at the
// other, and no Redis that is gone, empty or full of nonsense sets a blocked key free.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemWorld } from '../../../kit/world.ts';
import { redisInstance } from '../../../testing/redis-instance.ts';
import { startRedis, type TestRedis } from '../../../testing/redis-server.ts';
import { tempDir } from '../../../testing/temp-dir.ts';
import { KeyAdmin } from '../keys/key-admin.ts';
import { KeyBook } from '../keys/key-book.ts';
import { isSameKey, type KnownKey, merged, stamped } from '../keys/key-merge.ts';
import { SharedKeys } from './shared-keys.ts';

const world = systemWorld();

function instance(redis: TestRedis, name: string, folder: string) {
  const stack = new DisposableStack();
  const book = stack.use(new KeyBook(folder));
  const { settings, link } = stack.use(redisInstance(redis, name));
  stack.use(new SharedKeys(link, settings, () => book, world));
  const admin = new KeyAdmin(book, world);
  const is = (key: string) => book.known(key);
  return { admin, book, link, is, [Symbol.dispose]: () => stack.dispose() };
}

async function until(met: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!met()) {
    assert.ok(performance.now() < end, 'it never came to be');
    await new Promise((next) => setTimeout(next, 20));
  }
}

test('a key that is made, changed, blocked, given a new value or deleted is so at both', async () => {
  using dir = tempDir();
  using other = tempDir();
  await using redis = await startRedis();
  using a = instance(redis, 'a', dir.path);
  using b = instance(redis, 'b', other.path);
  const { record, value } = a.admin.generate({ key_alias: 'ci', max_budget: 5 });
  const { name } = record;
  await until(() => b.is(name) !== null);
  assert.equal(b.admin.find(value).alias, 'ci');
  b.admin.block('ci', true);
  await until(() => a.is(name)?.record.blocked === true);
  a.admin.update(name, { max_budget: 7 });
  await until(() => b.is(name)?.record.budgets[0]?.limitNanoUsd === 7e9);
  assert.equal(b.is(name)?.record.blocked, true);
  const renewed = b.admin.regenerate(name, {});
  await until(() => a.book.byDigest(renewed.record.digest) !== null);
  assert.throws(() => a.admin.find(value), /no such key/);
  a.admin.delete(name);
  await until(() => b.is(name)?.isGone === true);
  assert.throws(() => b.admin.find(renewed.value), /no such key/);
});

test('with Redis gone a blocked key stays blocked, also after a restart, and an empty one is told', async () => {
  using dir = tempDir();
  using other = tempDir();
  await using redis = await startRedis();
  const names: string[] = [];
  {
    using a = instance(redis, 'a', dir.path);
    using b = instance(redis, 'b', other.path);
    for (const key_alias of ['x', 'y']) names.push(a.admin.generate({ key_alias }).record.name);
    await until(() => names.every((name) => b.is(name) !== null));
    a.admin.block('x', true);
    await until(() => b.is(names[0] ?? '')?.record.blocked === true);
    await redis.stop();
    // Apart, one raises the budget three times, the other blocks once.
    for (const max_budget of [1, 2, 3]) a.admin.update('y', { max_budget });
    b.admin.block('y', true);
    assert.equal(b.is(names[0] ?? '')?.record.blocked, true);
  }
  await redis.restart();
  using b = instance(redis, 'b', other.path);
  using a = instance(redis, 'a', dir.path);
  const isBlocked = (one: typeof a) => (name: string) => one.is(name)?.record.blocked === true;
  await until(() => names.every(isBlocked(a)) && names.every(isBlocked(b)));
  await until(() => b.is(names[1] ?? '')?.record.budgets[0]?.limitNanoUsd === 3e9);
});

test("what is no key is nobody's, and two that agree say nothing more", async () => {
  using dir = tempDir();
  using other = tempDir();
  await using redis = await startRedis();
  using a = instance(redis, 'a', dir.path);
  using b = instance(redis, 'b', other.path);
  const { name } = a.admin.generate({
    key_alias: 'ci',
    metadata: { z: 1, a: [{ y: 1, b: 2 }] },
  }).record;
  await until(() => b.is(name) !== null);
  const prefix = '{clincher}:';
  for (const text of ['{', 'null', '[]', '{"isGone":false,"record":{"name":"key-000000000000"}}']) {
    await a.link.ask('HSET', `${prefix}keys`, 'key-000000000000', text);
    await a.link.ask('ZADD', `${prefix}keys-order`, '1000000', 'key-000000000000');
  }
  const place = async () => String(await a.link.ask('HGET', `${prefix}keys-of`, 'place'));
  await new Promise((next) => setTimeout(next, 1_200));
  const before = await place();
  await new Promise((next) => setTimeout(next, 1_200));
  assert.equal(await place(), before);
  assert.deepEqual([a.book.names(), b.book.names()], [[name], [name]]);
});

test('whoever hears of whom first, all come to the same', () => {
  const text = (length: number) =>
    fc.string({ unit: fc.constantFrom('0', '1'), minLength: length, maxLength: length });
  const change = fc.record({ blocked: fc.boolean(), digest: text(2), alias: text(1) });
  const bare = {
    ...{ name: 'key-0', hint: '', caller: null, models: null, budgets: [], metadata: {} },
    ...{ requestsPerMinute: null, tokensPerMinute: null, parallel: null, expiresAtMs: null },
    ...{ createdAtMs: 0, updatedAtMs: 0, blocked: false, digest: '', alias: null },
  };
  const known = fc
    .tuple(fc.array(change, { maxLength: 4 }), fc.boolean())
    .map(([changes, isGone]): KnownKey => {
      let record = stamped(bare, bare);
      for (const next of changes) record = stamped(record, { ...record, ...next });
      return { record, isGone };
    });
  fc.assert(
    fc.property(known, known, known, (a, b, c) => {
      assert.ok(isSameKey(merged(a, b), merged(b, a)));
      assert.ok(isSameKey(merged(merged(a, b), c), merged(a, merged(b, c))));
      assert.ok(isSameKey(merged(a, merged(a, b)), merged(a, b)));
    }),
    { numRuns: 300 },
  );
});
