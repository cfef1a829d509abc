// The section `cache`: whose answers are kept, for whom, how long, and what counts as the same
// question.

import * as z from 'zod';
import type { KeyPath } from '../kit/located/problem.ts';
import type { Reader } from '../kit/located/reader.ts';
import type { CacheOptions, ModelOptions, StackOptions } from '../topology/options.ts';
import { cacheLimitsSchema, cacheSchema, embeddingSchema, semanticSchema } from './cache-schema.ts';
import { given } from './deployment.ts';
import { durationMs } from './fields.ts';
import { checkKnownModel } from './models.ts';

/** What nobody would want to be told after a month. */
const ttlMsMax = 30 * 86_400_000;
/** An agent that asks again after that does not want the same answer. */
const standardTtlMs = 10 * 60_000;
const standardTtlMaxMs = 86_400_000;

/** The maps in it are read by themselves. */
const flatSchema = cacheSchema.extend({
  semantic: z.unknown(),
  embedding: z.unknown(),
  limits: z.unknown(),
});

export function readCache(
  reader: Reader,
  models: readonly ModelOptions[],
  resolve: (path: string) => string,
): Pick<StackOptions, 'cache'> {
  const section = reader.readMap(['cache'], flatSchema);
  if (section === undefined) return {};
  const { mode = 'exact', optIn, share, tools, store = 'embedded' } = section;
  for (const [index, model] of (section.models ?? []).entries()) {
    checkKnownModel(reader, ['cache', 'models', index], model);
  }
  // A mode that is misspelt may have been meant to be the other.
  if ((reader.valueAt(['cache', 'mode']) ?? 'exact') === 'exact') {
    for (const key of ['semantic', 'embedding']) refuse(reader, [key], '`mode: semantic`');
    if (tools === 'semantic') refuse(reader, ['tools'], '`mode: semantic`');
  }
  if (store === 'redis' && reader.valueAt(['redis']) === undefined) {
    reader.add(['cache', 'store'], 'needs the section `redis`, which says where it is');
  }
  const said = given({
    ...{ models: section.models, optIn, share, tools },
    store: store === 'redis' ? store : undefined,
    semantic: readSemantic(reader),
    embedding: readEmbedding(reader, models, resolve),
    limits: given(reader.readMap(['cache', 'limits'], cacheLimitsSchema) ?? {}) ?? undefined,
  });
  return {
    cache: {
      mode,
      ...readTtls(reader, section),
      ...said,
      at: reader.document.declaredAt(['cache']),
    },
  };
}

function readTtls(reader: Reader, section: Partial<Record<'ttl' | 'ttlMax', string | undefined>>) {
  const read = (key: 'ttl' | 'ttlMax'): number | null => {
    const text = section[key];
    if (text === undefined) return null;
    const ms = durationMs(text);
    if (ms > ttlMsMax) reader.add(['cache', key], 'must be 30d at most');
    return ms;
  };
  const ttlMs = read('ttl') ?? standardTtlMs;
  const most = read('ttlMax');
  if (most !== null && most < ttlMs) reader.add(['cache', 'ttlMax'], 'must not be below ttl');
  return { ttlMs, ttlMsMax: most ?? Math.max(standardTtlMaxMs, ttlMs) };
}

function readSemantic(reader: Reader): CacheOptions['semantic'] | undefined {
  const read = reader.readMap(['cache', 'semantic'], semanticSchema);
  if (read === undefined) return undefined;
  const { policy, judge, ...rest } = read;
  if (policy === 'fixed') refuse(reader, ['semantic', 'errorMax'], '`policy: verified`');
  else for (const key of fixedKeys) refuse(reader, ['semantic', key], '`policy: fixed`');
  if (judge !== undefined) checkKnownModel(reader, ['cache', 'semantic', 'judge'], judge);
  const model = judge === undefined ? undefined : { model: judge };
  return given({ policy, ...rest, judge: model }) ?? undefined;
}

const fixedKeys = ['threshold', 'guard'];

function readEmbedding(
  reader: Reader,
  models: readonly ModelOptions[],
  resolve: (path: string) => string,
): CacheOptions['embedding'] | undefined {
  const path = ['cache', 'embedding'];
  const read = reader.readMap(path, embeddingSchema);
  if (read === undefined) return undefined;
  const has = (key: string) => reader.valueAt([...path, key]) !== undefined;
  const { model, onnx, vocabulary, pooling, pieces, ...rest } = read;
  if (has('model') === has('onnx')) {
    reader.add(path, 'needs `model` or `onnx`, and one of them only');
    return undefined;
  }
  if (has('model')) {
    for (const key of ['vocabulary', 'pooling', 'pieces']) {
      refuse(reader, ['embedding', key], '`onnx`');
    }
    if (model === undefined) return undefined;
    checkKnownModel(reader, [...path, 'model'], model);
    checkOneModel(reader, [...path, 'model'], model, models);
    return { kind: 'model', model, ...given(rest) };
  }
  if (!has('vocabulary')) reader.add([...path, 'vocabulary'], 'is required');
  if (onnx === undefined || vocabulary === undefined) return undefined;
  const files = { model: resolve(onnx), vocabulary: resolve(vocabulary) };
  return { kind: 'onnx', ...files, ...given({ pooling, piecesMax: pieces, ...rest }) };
}

function refuse(reader: Reader, below: KeyPath, what: string): void {
  const path = ['cache', ...below];
  if (reader.valueAt(path) !== undefined) reader.add(path, `has no use without ${what}`);
}

function checkOneModel(
  reader: Reader,
  path: KeyPath,
  name: string,
  models: readonly ModelOptions[],
): void {
  const found = models.find((one) => one.name === name);
  const names = new Set(found?.deployments.map(({ model }) => model));
  if (names.size < 2) return;
  const all = [...names].join(', ');
  reader.add(path, `leads to ${all}: vectors of different models cannot be compared`);
}
