// Where other instances spend from the same budgets: the wallet asks them from now on, by Redis.

import { ClincherError } from '../../../kit/error.ts';
import type { House } from '../house.ts';

/**
 * Null where this is the only one that spends. The client is loaded only where there is a Redis.
 * @throws ClincherError `settings-invalid`
 */
export async function joinOthers({
  settings: { redis },
  secrets,
  keys,
  wallet,
  world,
  telemetry,
  live,
  book,
}: House): Promise<AsyncDisposable | null> {
  if (redis === null) return null;
  const password = redis.password === null ? null : secrets.get(redis.password);
  if (redis.password !== null && password === null) {
    throw new ClincherError('settings-invalid', `the secret ${redis.password} is not there`);
  }
  const { RedisGate } = await import('./redis-gate.ts');
  const { SharedCooldowns } = await import('./shared-cooldowns.ts');
  const everything = () => wallet.totals(keys.allBudgets());
  const value = password?.reveal() ?? null;
  const gate = new RedisGate(redis, value, everything, world, telemetry.log);
  wallet.share(gate);
  const all = [...new Set(book.models.values())].flatMap(({ deployments }) => deployments);
  const ids = all.map(({ id }) => id);
  const cooldowns = new SharedCooldowns(redis, value, ids, live, telemetry.log);
  return {
    async [Symbol.asyncDispose]() {
      await cooldowns[Symbol.asyncDispose]();
      await gate[Symbol.asyncDispose]();
    },
  };
}
