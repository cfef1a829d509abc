// The connection to a real Redis: what is said while there is none, and that it is asked again at
// once when there is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemWorld } from '../../../kit/world.ts';
import { createLog } from '../../../telemetry/log.ts';
import { startRedis } from '../../../testing/redis-server.ts';
import { RedisLink, type RedisWay } from './redis-link.ts';

function linkTo(connect: RedisWay['connect']) {
  const lines: string[] = [];
  const log = createLog({}, (line) => void lines.push(line), Date.now);
  const ready = Promise.withResolvers<void>();
  const way = { connect, password: null, timeoutMs: 3_000 };
  const link = new RedisLink(way, 'shared', systemWorld(), log, ready.resolve);
  return { link, lines, ready: ready.promise };
}

test('why there is no way to it is said once; with a connection it is asked at once', async () => {
  await using redis = await startRedis();
  let isThere = false;
  let tries = 0;
  const { promise: triedAgain, resolve } = Promise.withResolvers<void>();
  const { link, lines, ready } = linkTo(async () => {
    if (isThere) return redis.connect();
    tries += 1;
    if (tries > 1) resolve();
    throw new Error('no rule for it');
  });
  using _ = link;
  await triedAgain;
  assert.equal(await link.ask('PING'), null);
  await assert.rejects(link.run('return {1}', [], []), /it is gone/);
  assert.deepEqual([link.fault, link.faults], ['no rule for it', 2]);
  isThere = true;
  await ready;
  assert.deepEqual(await link.run('return {1}', [], []), [1]);
  assert.equal(String(await link.ask('PING')), 'PONG');
  assert.deepEqual([link.fault, link.faults], [null, 2]);
  const said = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    said.map(({ event, error }) => [event, error]),
    [
      ['shared-gone', 'no rule for it'],
      ['shared-back', undefined],
    ],
  );
});

test('who refuses one question is asked the next', async () => {
  await using redis = await startRedis();
  const { link, ready } = linkTo(redis.connect);
  using _ = link;
  await ready;
  assert.equal(await link.ask('NO-SUCH-COMMAND'), null);
  assert.match(link.fault ?? '', /unknown command/);
  assert.equal(String(await link.ask('PING')), 'PONG');
});
