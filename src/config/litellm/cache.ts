// `cache` and `cache_params` of a LiteLLM config.yaml, as rules of the cache. What is shared there
// by all keys is each key's own here.

import * as z from 'zod';
import type { KeyPath } from '../../kit/located/problem.ts';
import { type Reader, unknownName } from '../../kit/located/reader.ts';
import { cacheParams } from './cache-keys.ts';
import { holdToRules } from './key-rules.ts';
import { figure, type RedisPlace, redisHost, redisPort } from './redis-place.ts';
import { secretValue } from './values.ts';

export interface ReadCache {
  /** Null: nothing is kept. Without the store, where that is a Redis. */
  readonly rules: Readonly<Record<string, unknown>> | null;
  readonly redis: CacheRedis | null;
}

export interface CacheRedis extends RedisPlace {
  readonly prefix: string | null;
}

const none: ReadCache = { rules: null, redis: null };
const section = ['litellm_settings', 'cache_params'];
const types = ['local', 'disk', 'redis', 'redis-semantic', 'valkey-semantic'] as const;
/** Without one LiteLLM keeps an answer in memory so long. */
const standardTtlMs = 600_000;
const ttlMsMax = 30 * 86_400_000;
const text = z.string().min(1).max(256);
/** The APIs that each kind of call comes by; those that are not here are nobody's to be cached. */
const callTypes = {
  ...{ completion: ['chat', 'messages'], acompletion: ['chat', 'messages'] },
  ...{ text_completion: ['completions'], atext_completion: ['completions'] },
  ...{ embedding: ['embeddings'], aembedding: ['embeddings'] },
  ...{ responses: ['responses'], aresponses: ['responses'], anthropic_messages: ['messages'] },
  ...{ transcription: [], atranscription: [], rerank: [], arerank: [] },
} as const;

export function readCache(
  reader: Reader,
  models: readonly string[],
  without: ReadonlySet<string>,
): ReadCache {
  const isOn = reader.read(['litellm_settings', 'cache'], z.boolean()) ?? false;
  if (!isOn) {
    const isSaid = (reader.valueAt(section) ?? null) !== null && !without.has(section.join('.'));
    if (isSaid) reader.add(section, 'has no effect without `cache: true`');
    return none;
  }
  holdToRules(reader, section, cacheParams, without);
  const given = new Params(reader, without);
  const type = given.read('type', z.enum(types));
  if (type === null) {
    const message = 'is required: local, or redis with its `host`; no environment is looked into';
    if (!given.has('type')) reader.add([...section, 'type'], message);
    return none;
  }
  const apis = apisOf(given);
  if (apis?.length === 0) return none;
  const rules = {
    mode: type.endsWith('-semantic') ? 'semantic' : 'exact',
    ...ttlOf(given, type),
    optIn: given.read('mode', z.enum(['default_on', 'default_off'])) === 'default_off',
    share: given.read('semantic_cache_scope', scopes) === 'end_user' ? 'session' : 'key',
    // The same request gets the same answer, whatever it asks to be done.
    tools: 'exact',
    ...(apis === null ? {} : { apis }),
    ...(type.endsWith('-semantic') ? semanticOf(given, type, models) : {}),
  };
  const inRedis = type !== 'local' && type !== 'disk';
  return { rules, redis: inRedis ? redisOf(given) : null };
}

const scopes = z.enum(['key', 'end_user']);

class Params {
  readonly #reader: Reader;
  readonly #without: ReadonlySet<string>;

  constructor(reader: Reader, without: ReadonlySet<string>) {
    this.#reader = reader;
    this.#without = without;
  }

  has(key: string): boolean {
    const path = [...section, key];
    return (this.#reader.valueAt(path) ?? null) !== null && !this.#without.has(path.join('.'));
  }

  read<T>(key: string, schema: z.ZodType<T>): T | null {
    return this.has(key) ? (this.#reader.read([...section, key], schema) ?? null) : null;
  }

  /** Null where it is not there. */
  ms(key: string): number | null {
    if (!this.has(key)) return null;
    const seconds = this.#reader.read([...section, key], figure.pipe(z.number().positive()));
    return seconds === undefined ? null : Math.ceil(seconds * 1_000);
  }

  add(key: string, message: string): void {
    const path: KeyPath = [...section, key];
    this.#reader.add(path, message);
  }
}

/** Null: all. */
function apisOf(given: Params): readonly string[] | null {
  const names = given.read('supported_call_types', z.array(z.string()).max(64));
  if (names === null) return null;
  const known = Object.keys(callTypes);
  for (const name of names.filter((one) => !known.includes(one))) {
    given.add('supported_call_types', unknownName('type of call', name, known));
  }
  return [...new Set(names.flatMap((name) => callTypes[name as keyof typeof callTypes] ?? []))];
}

function ttlOf(given: Params, type: (typeof types)[number]) {
  const inMemory = given.ms('default_in_memory_ttl');
  const inRedis = given.ms('default_in_redis_ttl');
  const own = type === 'local' || type === 'disk' ? inMemory : inRedis;
  const ttlMs = own ?? given.ms('ttl') ?? standardTtlMs;
  if (ttlMs > ttlMsMax) given.add('ttl', 'must be 30 days at most: 2592000');
  return { ttlMs, ttlMsMax };
}

function semanticOf(given: Params, type: string, models: readonly string[]) {
  const threshold = given.read('similarity_threshold', z.number().min(0).max(1));
  if (!given.has('similarity_threshold')) given.add('similarity_threshold', 'is required');
  const key = `${type === 'valkey-semantic' ? 'valkey' : 'redis'}_semantic_cache_embedding_model`;
  const model = given.read(key, text);
  if (model !== null && !models.includes(model)) {
    const hint = 'add it to model_list, or go without the key for the embedding that is built in';
    given.add(key, `${unknownName('model', model, models)}: ${hint}`);
  }
  const timeoutMs = given.ms('semantic_cache_embedding_timeout');
  const timeout = timeoutMs === null ? {} : { timeoutMs: Math.min(timeoutMs, 60_000) };
  return {
    semantic: { policy: 'fixed', threshold: threshold ?? 1 },
    ...(model === null ? {} : { embedding: { kind: 'model', model, ...timeout } }),
  };
}

function redisOf(given: Params): CacheRedis | null {
  const host = given.read('host', redisHost);
  if (!given.has('host')) given.add('host', 'is required: no environment is looked into');
  const port = given.read('port', redisPort) ?? 6_379;
  const password = given.read('password', text);
  const prefix = given.read('namespace', z.string().min(1).max(64));
  if (host === null) return null;
  return { host, port, password: password === null ? null : secretValue(password), prefix };
}
