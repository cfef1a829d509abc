// The cache in the plan: what llm is told, which files of the user's own it is given, and what a
// change of it reads like.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChecks } from '../check/index.ts';
import { llmSettings } from '../roles/llm/settings.ts';
import { exampleMachine } from '../testing/example-machine.ts';
import { exampleOptions } from '../testing/example-options.ts';
import type { CacheOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { diffTopologies } from './diff-topologies.ts';
import { makePlan } from './make-plan.ts';

const at = { file: 'clincher.yaml', line: 6, column: 1 };
const exact: CacheOptions = { mode: 'exact', ttlMs: 600_000, ttlMsMax: 86_400_000, at };
const withFile: CacheOptions = {
  ...exact,
  mode: 'semantic',
  embedding: { kind: 'onnx', model: '/srv/m.onnx', vocabulary: '/srv/vocab.txt', timeoutMs: 90 },
};

function llmOf(cache?: CacheOptions) {
  const topology = standardTopology(exampleOptions(cache === undefined ? {} : { cache }));
  const service = makePlan(topology, exampleMachine()).services.find(({ name }) => name === 'llm');
  assert.ok(service !== undefined);
  return { service, topology, settings: llmSettings.parse(service.settings) };
}

test('without a section nothing is kept', () => {
  assert.equal(llmOf().settings.cache, null);
});

test('what is said arrives, and the rest is as llm has it', () => {
  const { cache } = llmOf(exact).settings;
  assert.equal(cache?.ttlMs, 600_000);
  assert.equal(cache.share, 'session');
  assert.equal(cache.tools, 'never');
  assert.deepEqual(cache.embedding, { kind: 'built-in' });
  assert.equal(cache.at, 'clincher.yaml:6:1');
});

test('a cache in Redis is in the one that is declared; a demonstration shares nothing', () => {
  const cache: CacheOptions = { ...exact, store: 'redis' };
  const { store } = llmOf(cache).settings.cache ?? {};
  assert.ok(store?.kind === 'redis');
  assert.equal(store.address, null);
  const { services } = standardTopology(exampleOptions({ cache, demo: true }));
  const run = services.find(({ name }) => name === 'llm')?.run;
  assert.ok(run?.role === 'llm');
  assert.equal(run.rules.cache?.store.kind, 'embedded');
});

test('a model from a file is mounted with its runtime, read-only, and is no right too many', () => {
  const { service, settings, topology } = llmOf(withFile);
  assert.deepEqual(service.mounts, [
    {
      source: '/srv/clincher/.cache/onnxruntime-node-1.30.0',
      target: '/opt/onnxruntime',
      readOnly: true,
    },
    { source: '/srv/m.onnx', target: '/run/clincher/embedding/model.onnx', readOnly: true },
    { source: '/srv/vocab.txt', target: '/run/clincher/embedding/vocab.txt', readOnly: true },
  ]);
  const embedding = settings.cache?.embedding;
  assert.ok(embedding?.kind === 'onnx');
  const { runtime, model, vocabulary, timeoutMs } = embedding;
  const targets = service.mounts.map(({ target }) => target);
  assert.deepEqual([runtime, model, vocabulary], targets);
  assert.equal(timeoutMs, 90);
  assert.deepEqual(
    runChecks(topology).filter(({ id }) => id === 'rights'),
    [],
  );
  assert.deepEqual(llmOf(exact).service.mounts, []);
});

test('a change of the cache is told', () => {
  const told = (before?: CacheOptions, after?: CacheOptions) =>
    diffTopologies(llmOf(before).topology, llmOf(after).topology);
  const line = 'exact, kept 10 min, shared by session';
  assert.deepEqual(told(undefined, exact), [`llm: cache none -> ${line}`]);
  assert.deepEqual(told(exact, undefined), [`llm: cache ${line} -> none`]);
  assert.deepEqual(told(exact, { ...exact, tools: 'exact' }), ['llm: cache tools never -> exact']);
  assert.deepEqual(told({ ...withFile, embedding: { kind: 'model', model: 'embed' } }, withFile), [
    "llm now sees the host's /srv/m.onnx at /run/clincher/embedding/model.onnx, read-only",
    "llm now sees the host's /srv/vocab.txt at /run/clincher/embedding/vocab.txt, read-only",
    'llm: cache embedding {"dimensions":null,"kind":"model","model":"embed","timeoutMs":1000} -> ' +
      '{"dimensions":null,"kind":"onnx","model":"/run/clincher/embedding/model.onnx",' +
      '"piecesMax":256,"pooling":"mean","runtime":"/opt/onnxruntime","timeoutMs":90,' +
      '"vocabulary":"/run/clincher/embedding/vocab.txt"}',
  ]);
});
