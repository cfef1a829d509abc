// The store that the settings ask for. The client of Redis is loaded only where there is one.

import { join } from 'node:path';
import { ClincherError } from '../../../kit/error.ts';
import type { House } from '../house.ts';
import type { LlmSettings } from '../settings.ts';
import { EmbeddedStore } from './embedded/embedded-store.ts';
import type { Embedding } from './embedding/embedding.ts';
import type { CacheSettings, RedisStoreSettings } from './settings.ts';
import type { AnswerStore } from './store.ts';

/**
 * `embedding` null: only the same request is asked for.
 * @throws ClincherError `settings-invalid`
 */
export async function openStore(
  { store, limits }: Pick<CacheSettings, 'store' | 'limits'>,
  embedding: Embedding | null,
  {
    settings,
    secrets,
    world,
    telemetry,
  }: Pick<House, 'settings' | 'secrets' | 'world' | 'telemetry'>,
): Promise<AnswerStore> {
  if (store.kind === 'embedded') {
    const file = join(settings.stateDir, 'cache.sqlite');
    return new EmbeddedStore({ limits, file }, embedding, world.now, telemetry.log);
  }
  const reached = reachedBy(store, settings);
  const password = reached.password === null ? null : secrets.get(reached.password);
  if (reached.password !== null && password === null) {
    throw new ClincherError('settings-invalid', `the secret ${reached.password} is not there`);
  }
  const { RedisStore } = await import('./redis/redis-store.ts');
  const value = password?.reveal() ?? null;
  return new RedisStore(reached, limits, value, embedding, world, telemetry.log);
}

function reachedBy(
  store: Extract<CacheSettings['store'], { kind: 'redis' }>,
  { redis }: Pick<LlmSettings, 'redis'>,
): RedisStoreSettings {
  const { address, password } = store;
  if (address !== null) return { ...store, address };
  if (redis === null) {
    throw new ClincherError('settings-invalid', 'the cache is to be in Redis, and `redis` is none');
  }
  return { ...store, address: redis.address, password: password ?? redis.password };
}
