// The cache that the settings ask for, put together: embedding, store, the way through them, and
// who writes down what came of it.

import type { House } from '../house.ts';
import { CacheKeeper } from './cache-keeper.ts';
import { AnswerCaching } from './caching.ts';
import { loadCommonWords } from './embedding/common-words.ts';
import { openEmbedding } from './embedding/open-embedding.ts';
import { openStore } from './open-store.ts';

/**
 * The house has a cache from then on, where answers are kept, until what is returned is disposed.
 * @throws ClincherError `settings-invalid`
 */
export async function openCache(house: House): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const { cache: settings } = house.settings;
  if (settings === null) return opening.move();
  const isExact = settings.mode === 'exact';
  const embedding = isExact ? null : opening.use(await openEmbedding(settings.embedding, house));
  const store = opening.use(await openStore(settings, embedding, house));
  const isCommon = isExact ? () => false : loadCommonWords();
  house.cache = opening.use(new AnswerCaching(house, settings, store, isCommon));
  opening.use(new CacheKeeper(house.cache, settings, house));
  opening.defer(() => {
    house.cache = null;
  });
  return opening.move();
}
