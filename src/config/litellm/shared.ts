// The Redis of a LiteLLM config.yaml's router, where several instances share budgets and limits.
// LiteLLM's instances need no names; here each has its own, or two would count as one.

import * as z from 'zod';
import type { KeyPath } from '../../kit/located/problem.ts';
import type { Reader } from '../../kit/located/reader.ts';
import { type RedisPlace, redisHost, redisPort } from './redis-place.ts';
import { secretValue } from './values.ts';

export interface Instance {
  readonly name: string;
  /** How many share. */
  readonly count: number;
}

export interface SharedRedis extends RedisPlace {
  readonly instance: Instance;
}

const section: KeyPath = ['router_settings'];
const host: KeyPath = [...section, 'redis_host'];

/** Null where nothing is shared. */
export function readShared(
  reader: Reader,
  instance: Instance | null,
  without: ReadonlySet<string>,
): SharedRedis | null {
  const given = <T>(key: string, schema: z.ZodType<T>): T | null => {
    const path = [...section, key];
    if ((reader.valueAt(path) ?? null) === null || without.has(path.join('.'))) return null;
    return reader.read(path, schema) ?? null;
  };
  const name = given('redis_host', redisHost);
  const port = given('redis_port', redisPort);
  const password = given('redis_password', z.string().min(1));
  if (name === null) {
    if (port !== null || password !== null) reader.add(host, 'is required beside the other two');
    else if (instance !== null) reader.add(host, 'is required where --instance is given');
    return null;
  }
  if (instance === null) {
    reader.add(host, 'needs --instance one/2 too: which this one is, and how many there are');
    return null;
  }
  const secret = password === null ? null : secretValue(password);
  return { host: name, port: port ?? 6_379, password: secret, instance };
}
