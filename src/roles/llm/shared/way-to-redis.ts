// How a Redis is reached: the one that instances share as `dial` of the settings has it, through
// egress or at its service's socket; any other at the address that is given for it.

import { ClincherError } from '../../../kit/error.ts';
import type { House } from '../house.ts';
import { readCa } from '../places.ts';
import { Dialler, type DialSettings } from '../upstream/dial-provider.ts';
import type { RedisWay } from './redis-link.ts';
import { redisDial } from './settings.ts';

const dialTimeoutMs = 1_000;

interface Asked {
  /** As in the settings; null: the one that is shared. */
  readonly address: string | null;
  /** Secret's name; null: none is asked for, or that of the one that is shared. */
  readonly password: string | null;
  readonly timeoutMs: number;
}

type Told = Pick<House, 'settings' | 'secrets'>;

/** @throws ClincherError `settings-invalid` */
export function wayToRedis({ address, password, timeoutMs }: Asked, told: Told): RedisWay {
  if (address !== null) {
    const dialler = new Dialler({ ...plain, dial: { direct: address }, dialTimeoutMs });
    const connect = () => dialler.connect('redis');
    return { connect, password: reveal(password, told), timeoutMs };
  }
  const { redis, dial, caFiles } = told.settings;
  if (redis === null) throw invalid('what is to be in the shared Redis has none: `redis` is null');
  const how = dial[redisDial];
  if (how === undefined) throw invalid(`there is no way to dial Redis (${redisDial})`);
  const ca = readCa(redisDial, caFiles[redisDial]);
  const dialler = new Dialler({ url: urlOf(redis.url), dial: how, ca, dialTimeoutMs });
  return {
    connect: () => dialler.connect(`redis-${redis.instance}`),
    password: reveal(password ?? redis.password, told),
    timeoutMs,
  };
}

/** The address says where; nothing here is looked up. */
const plain: Pick<DialSettings, 'url' | 'ca'> = { url: new URL('http://redis'), ca: null };

/** As the dialler knows schemes: with TLS, or without. */
function urlOf(url: string): URL {
  const [, tls, host, port = '6379'] = /^redis(s?):\/\/([^:]+)(?::([0-9]+))?$/.exec(url) ?? [];
  return new URL(`http${tls}://${host}:${port}`);
}

function reveal(name: string | null, { secrets }: Told): string | null {
  const password = name === null ? null : secrets.get(name);
  if (name !== null && password === null) throw invalid(`the secret ${name} is not there`);
  return password?.reveal() ?? null;
}

function invalid(message: string): ClincherError {
  return new ClincherError('settings-invalid', message);
}
