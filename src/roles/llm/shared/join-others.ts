// Where other instances spend from the same budgets: the wallet asks them from now on, by Redis.

import type { House } from '../house.ts';
import { wayToRedis } from './way-to-redis.ts';

/**
 * Null where this is the only one that spends. The client is loaded only where there is a Redis.
 * @throws ClincherError `settings-invalid`
 */
export async function joinOthers(house: House): Promise<AsyncDisposable | null> {
  const { settings, keys, wallet, world, telemetry, live, affinity, book } = house;
  const { redis } = settings;
  if (redis === null) return null;
  const way = wayToRedis({ ...redis, address: null }, house);
  const { RedisLink } = await import('./redis-link.ts');
  const { RedisGate } = await import('./redis-gate.ts');
  const { SharedAffinity } = await import('./shared-affinity.ts');
  const { SharedDeployments } = await import('./shared-deployments.ts');
  const { SharedKeys } = await import('./shared-keys.ts');
  await using opened = new AsyncDisposableStack();
  const link = opened.use(new RedisLink(way, 'shared', world, telemetry.log));
  const everything = () => wallet.totals(keys.allBudgets());
  const gate = opened.use(new RedisGate(link, redis, everything, world));
  wallet.share(gate);
  const all = [...new Set(book.models.values())].flatMap(({ deployments }) => deployments);
  const ids = all.map(({ id }) => id);
  opened.use(new SharedDeployments(link, redis, ids, live));
  opened.use(new SharedKeys(link, redis, () => keys.book(), world));
  affinity.elsewhere = new SharedAffinity(link, redis, settings.routing.affinityMs);
  return opened.move();
}
