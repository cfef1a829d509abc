// One of several model proxies before a Redis, as far as what they share goes.

import { assert } from '../kit/assert.ts';
import { systemWorld } from '../kit/world.ts';
import { RedisLink } from '../roles/llm/shared/redis-link.ts';
import { type RedisSettings, sharedRules } from '../roles/llm/shared/settings.ts';
import { createLog } from '../telemetry/log.ts';
import type { TestRedis } from './redis-server.ts';

export interface RedisInstance extends Disposable {
  readonly settings: RedisSettings;
  readonly link: RedisLink;
  /** Of its log. */
  readonly lines: readonly string[];
}

export function redisInstance(redis: TestRedis, name: string): RedisInstance {
  const told = { url: 'redis://redis', instance: name, instances: 2, timeoutMs: 3_000 };
  const settings = sharedRules.redis.parse(told);
  assert(settings !== null, 'there is a Redis');
  const lines: string[] = [];
  const log = createLog({}, (line) => void lines.push(line), Date.now);
  const link = new RedisLink({ ...settings, connect: redis.connect }, 'shared', systemWorld(), log);
  return { settings, link, lines, [Symbol.dispose]: () => link[Symbol.dispose]() };
}
