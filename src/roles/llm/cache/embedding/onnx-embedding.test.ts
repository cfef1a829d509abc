// The embedding by a model from a file, with the real runtime and a model of a few hundred bytes:
// a vector for each piece, so that what comes out can be said beforehand.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { npmPackageRoot } from '../../../../cli/install/npm-package.ts';
import { onnxRuntime } from '../../../../cli/install/onnx-runtime.ts';
import { tempDir } from '../../../../testing/temp-dir.ts';
import { tinyOnnx } from '../../../../testing/tiny-onnx.ts';
import { type Embedding, EmbeddingFailure } from './embedding.ts';
import { openOnnxEmbedding } from './onnx-embedding.ts';
import type { OnnxSettings } from './settings.ts';

const cacheDir = fileURLToPath(new URL('../../../../../.cache', import.meta.url));
const runtime = npmPackageRoot(cacheDir, onnxRuntime);
const skip = existsSync(runtime) ? false : 'the ONNX runtime is not installed: run npm test';

const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'cat', 'dog', '##s'];
const tokenizer = (vocab: Readonly<Record<string, number>>, normalizer: object | null = null) =>
  JSON.stringify({ model: { type: 'WordPiece', vocab }, normalizer });
const zero = [0, 0, 0];
const table = [zero, [0, 0, 9], zero, zero, [1, 0, 0], [0, 1, 0], [0, 0, 1]];
const call = {
  ...{ requestId: 'r', caller: 'gateway', key: 'agent', session: null, heartbeat: false },
  signal: new AbortController().signal,
};

function files(changes: Partial<Record<'model' | 'vocabulary', Buffer | string>> = {}) {
  const dir = tempDir();
  const paths = { model: join(dir.path, 'model.onnx'), vocabulary: join(dir.path, 'vocab.txt') };
  writeFileSync(paths.model, changes.model ?? tinyOnnx({ table }));
  writeFileSync(paths.vocabulary, changes.vocabulary ?? `${vocabulary.join('\n')}\n`);
  const settings: OnnxSettings = {
    ...{ kind: 'onnx', runtime, ...paths, dimensions: null, pooling: 'mean' },
    ...{ piecesMax: 16, timeoutMs: 5_000 },
  };
  return { settings, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

const rounded = async (embedding: Embedding, text: string) =>
  [...((await embedding.embed(text, call)) ?? [])].map((value) => Math.round(value * 100) / 100);

test('a text is the mean of its pieces, of length one', { skip }, async () => {
  using at = files();
  await using embedding = await openOnnxEmbedding(at.settings);
  assert.equal(embedding.dimensions, 3);
  assert.deepEqual(await rounded(embedding, 'Cats'), [0.71, 0, 0.71]);
  assert.deepEqual(await rounded(embedding, 'dog dog dog cat'), [0.32, 0.95, 0]);
  assert.equal(await embedding.embed(' ', call), null);
});

test('or its first vector, where the model is made so', { skip }, async () => {
  using at = files({ model: tinyOnnx({ table: table.with(2, [0, 3, 4]) }) });
  await using embedding = await openOnnxEmbedding({ ...at.settings, pooling: 'first' });
  assert.deepEqual(await rounded(embedding, 'cat'), [0, 0.6, 0.8]);
});

test('the vocabulary may be in its tokenizer.json, too', { skip }, async () => {
  const numbered = Object.fromEntries(vocabulary.map((piece, id) => [piece, id]).reverse());
  using at = files({ vocabulary: tokenizer(numbered, { lowercase: true }) });
  await using embedding = await openOnnxEmbedding(at.settings);
  assert.deepEqual(await rounded(embedding, 'Cats'), [0.71, 0, 0.71]);
});

test('of a long text the start counts', { skip }, async () => {
  using at = files();
  await using embedding = await openOnnxEmbedding({ ...at.settings, piecesMax: 8 });
  assert.deepEqual(await rounded(embedding, `${'cat '.repeat(6)}${'dog '.repeat(90)}`), [1, 0, 0]);
});

test('another model, or another use of it, has another name', { skip }, async () => {
  using one = files();
  using two = files({ model: tinyOnnx({ table: table.with(4, [2, 0, 0]) }) });
  const names = new Set<string>();
  const variants = [one.settings, { ...one.settings, pooling: 'first' as const }, two.settings];
  for (const settings of [...variants, one.settings]) {
    await using embedding = await openOnnxEmbedding(settings);
    names.add(embedding.id);
  }
  assert.equal(names.size, 3);
});

const unusable: readonly (readonly [
  name: string,
  files: Parameters<typeof files>[0],
  settings: Partial<OnnxSettings>,
  why: RegExp,
])[] = [
  ['no model', {}, { model: '/nowhere/model.onnx' }, /\/nowhere\/model\.onnx: it is not there/],
  ['a folder for a model', {}, { model: '/tmp' }, /\/tmp: it is not a file/],
  ['no vocabulary', {}, { vocabulary: '/nowhere/vocab.txt' }, /vocab\.txt: it is not there/],
  ['a model that is none', { model: 'words' }, {}, /Protobuf parsing failed/],
  ['a vocabulary of something else', { vocabulary: 'cat\ndog\n' }, {}, /no line \[CLS\]/],
  ['another kind of tokenizer', { vocabulary: '{"model":{"type":"BPE"}}' }, {}, /not WordPiece/],
  ['half a tokenizer', { vocabulary: '{"model":' }, {}, /not WordPiece/],
  ['gaps', { vocabulary: tokenizer({ '[UNK]': 0, cat: 2 }) }, {}, /have gaps/],
  ['capitals', { vocabulary: tokenizer({}, { lowercase: false }) }, {}, /tells capitals apart/],
  [
    'a vocabulary of another model',
    { vocabulary: [...vocabulary, 'bird'].join('\n') },
    {},
    /indices element out of data bounds/,
  ],
  [
    'a model of something else',
    { model: tinyOnnx({ table, inputs: ['pixel_values'] }) },
    {},
    /it takes pixel_values, and not input_ids/,
  ],
  [
    'a model that wants more',
    { model: tinyOnnx({ table, inputs: ['input_ids', 'pixel_values'] }) },
    {},
    /it takes input_ids, pixel_values, and not/,
  ],
  ['other dimensions', {}, { dimensions: 384 }, /3 numbers, and not 384/],
  ['no runtime', {}, { runtime: '/nowhere' }, /no onnxruntime-node in \/nowhere/],
];

for (const [name, given, changes, why] of unusable) {
  test(`it does not start, and says why: ${name}`, { skip }, async () => {
    using at = files(given);
    const opened = openOnnxEmbedding({ ...at.settings, ...changes });
    // One that opens all the same must not keep the tests waiting.
    const closed = opened.then((embedding) => embedding[Symbol.asyncDispose]());
    await assert.rejects(closed, (error) => {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'settings-invalid');
      assert.match(error.message, why);
      return true;
    });
  });
}

test('who waits too long goes on without, and so does who comes when too many wait', {
  skip,
}, async () => {
  using at = files();
  await using embedding = await openOnnxEmbedding({ ...at.settings, timeoutMs: 1 });
  const all = await Promise.allSettled(
    Array.from({ length: 200 }, () => embedding.embed('cat '.repeat(2_000), call)),
  );
  const reasons = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  assert.ok(reasons.every((reason) => reason instanceof EmbeddingFailure));
  const texts = reasons.map(({ message }) => message);
  assert.ok(texts.includes('no vector in 1 ms'), texts.join());
  assert.ok(texts.includes('too many texts wait for it'), texts.join());
});

test('when its thread is gone, who asks is told at once', { skip }, async () => {
  using at = files();
  const embedding = await openOnnxEmbedding(at.settings);
  await embedding[Symbol.asyncDispose]();
  await assert.rejects(embedding.embed('cat', call), /its thread ended/);
});
