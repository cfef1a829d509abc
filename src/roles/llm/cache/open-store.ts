// The store that the settings ask for. The client of Redis is loaded only where there is one.

import { join } from 'node:path';
import { ClincherError } from '../../../kit/error.ts';
import type { House } from '../house.ts';
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
  const password = store.password === null ? null : secrets.get(store.password);
  if (store.password !== null && password === null) {
    throw new ClincherError('settings-invalid', `the secret ${store.password} is not there`);
  }
  const { RedisStore } = await import('./redis/redis-store.ts');
  return new RedisStore(store, limits, password?.reveal() ?? null, embedding, world, telemetry.log);
}
