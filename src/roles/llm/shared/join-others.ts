// Where other instances spend from the same budgets: the wallet asks them from now on, by Redis.

import { ClincherError } from '../../../kit/error.ts';
import type { House } from '../house.ts';
import { readCa } from '../places.ts';
import { Dialler } from '../upstream/dial-provider.ts';
import { type RedisSettings, redisDial } from './settings.ts';

const dialTimeoutMs = 1_000;

/**
 * Null where this is the only one that spends. The client is loaded only where there is a Redis.
 * @throws ClincherError `settings-invalid`
 */
export async function joinOthers({
  settings,
  secrets,
  keys,
  wallet,
  world,
  telemetry,
  live,
  affinity,
  book,
}: House): Promise<AsyncDisposable | null> {
  const { redis } = settings;
  if (redis === null) return null;
  const password = redis.password === null ? null : secrets.get(redis.password);
  if (redis.password !== null && password === null) {
    throw new ClincherError('settings-invalid', `the secret ${redis.password} is not there`);
  }
  const dial = settings.dial[redisDial];
  if (dial === undefined) {
    throw new ClincherError('settings-invalid', `there is no way to dial Redis (${redisDial})`);
  }
  const { RedisLink } = await import('./redis-link.ts');
  const { RedisGate } = await import('./redis-gate.ts');
  const { SharedAffinity } = await import('./shared-affinity.ts');
  const { SharedDeployments } = await import('./shared-deployments.ts');
  const ca = readCa(redisDial, settings.caFiles[redisDial]);
  const dialler = new Dialler({ url: urlOf(redis), dial, ca, dialTimeoutMs });
  const connect = () => dialler.connect(`redis-${redis.instance}`);
  await using opened = new AsyncDisposableStack();
  const value = password?.reveal() ?? null;
  const link = opened.use(new RedisLink(redis, connect, value, world, telemetry.log));
  const everything = () => wallet.totals(keys.allBudgets());
  const gate = opened.use(new RedisGate(link, redis, everything, world));
  wallet.share(gate);
  const all = [...new Set(book.models.values())].flatMap(({ deployments }) => deployments);
  const ids = all.map(({ id }) => id);
  opened.use(new SharedDeployments(link, redis, ids, live));
  affinity.elsewhere = new SharedAffinity(link, redis, settings.routing.affinityMs);
  return opened.move();
}

/** As the dialler knows schemes: with TLS, or without. */
function urlOf({ url }: RedisSettings): URL {
  const [, tls, host, port = '6379'] = /^redis(s?):\/\/([^:]+)(?::([0-9]+))?$/.exec(url) ?? [];
  return new URL(`http${tls}://${host}:${port}`);
}
