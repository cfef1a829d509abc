// A connection to Redis for questions that somebody waits for: bounded in time, none is kept for
// later, and one that was lost is made again by itself.

import { Redis } from 'ioredis';
import { parseAddress } from '../../../kit/address.ts';
import { assert } from '../../../kit/assert.ts';

const connectMs = 1_000;
/** Between two attempts to connect, at most. */
const againMs = 1_000;

/** `address` as in the settings. Whoever calls listens to `error`. */
export function connectRedis(address: string, password: string | null, timeoutMs: number): Redis {
  const parsed = parseAddress(address);
  assert(parsed !== null && parsed.kind !== 'fd', 'an address to dial');
  const where =
    parsed.kind === 'unix' ? { path: parsed.path } : { host: parsed.host, port: parsed.port };
  return new Redis({
    ...where,
    ...(password === null ? {} : { password }),
    // A question that waits for a connection is late already, one asked twice is no help.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: timeoutMs,
    connectTimeout: connectMs,
    retryStrategy: (count) => Math.min(50 * count, againMs),
    noDelay: true,
    // What every version and module answers in one shape.
    protocol: 2,
  });
}
