// The store that the settings ask for. The client of Redis is loaded only where there is one.

import { join } from 'node:path';
import type { House } from '../house.ts';
import { wayToRedis } from '../shared/way-to-redis.ts';
import { EmbeddedStore } from './embedded/embedded-store.ts';
import type { Embedding } from './embedding/embedding.ts';
import type { CacheSettings } from './settings.ts';
import type { AnswerStore } from './store.ts';

/**
 * `embedding` null: only the same request is asked for.
 * @throws ClincherError `settings-invalid`
 */
export async function openStore(
  { store, limits }: Pick<CacheSettings, 'store' | 'limits'>,
  embedding: Embedding | null,
  house: Pick<House, 'settings' | 'secrets' | 'world' | 'telemetry'>,
): Promise<AnswerStore> {
  const { settings, world, telemetry } = house;
  if (store.kind === 'embedded') {
    const file = join(settings.stateDir, 'cache.sqlite');
    return new EmbeddedStore({ limits, file }, embedding, world.now, telemetry.log);
  }
  // A connection of its own, to the shared Redis too: no budget waits for a search.
  const way = wayToRedis(store, house);
  const { RedisStore } = await import('./redis/redis-store.ts');
  return new RedisStore({ prefix: store.prefix, limits }, way, embedding, world, telemetry.log);
}
