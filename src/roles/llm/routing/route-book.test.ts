// Names of deployments, and what the settings come to when a request is planned.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploymentIds, makeRouteBook } from './route-book.ts';
import { modelSchema, providerSchema } from './settings.ts';

const model = (name: string, deployments: object[], more = {}) =>
  modelSchema.parse({ name, deployments, ...more });
const at = (provider: string, name: string, more = {}) => ({ provider, model: name, ...more });

function ids(...models: ReturnType<typeof model>[]): readonly string[] {
  return [...deploymentIds(models).values()];
}

test('a deployment is called by its provider and model, and more where that is not enough', () => {
  assert.deepEqual(ids(model('a', [at('p', 'm'), at('p', 'n')])), ['p/m', 'p/n']);
  assert.deepEqual(ids(model('a', [at('p', 'm')]), model('b', [at('p', 'm')])), ['a:p/m', 'b:p/m']);
  assert.deepEqual(ids(model('a', [at('p', 'm'), at('p', 'm')])), ['a:p/m', 'a:p/m#2']);
  assert.deepEqual(ids(model('a', [at('p', 'm', { id: 'mine' })])), ['mine']);
  // Whoever takes such a name for an id must not make two of it.
  const taken = ids(model('a', [at('p', 'm'), at('q', 'm', { id: 'p/m' })]));
  assert.equal(new Set(taken).size, 2);
});

const provider = (name: string, kind: string, options = {}) =>
  providerSchema.parse({
    ...{ name, kind, dialect: 'openai', baseUrl: 'https://h.example', key: null, keyHint: '' },
    options,
  });

const routing = {
  ...{ fallbacksMax: 5, defaultFallbacks: ['c'], retryWaitMsMax: 1, retryWaitMs: 1 },
  ...{ affinityEntriesMax: 1, affinityMs: 1 },
};

function book(kind: string, options = {}, model1 = 'm') {
  return makeRouteBook(
    {
      providers: [provider('p', kind, options)],
      models: [model('a', [at('p', model1)], { aliases: ['b'] }), model('c', [at('p', model1)])],
      routing,
    },
    () => null,
  );
}

test("a name and its aliases lead to the same model; the default fallback is nobody's own", () => {
  const { models } = book('openai');
  assert.equal(models.get('a'), models.get('b'));
  assert.deepEqual(models.get('a')?.fallbacks.general, ['c']);
  assert.deepEqual(models.get('c')?.fallbacks.general, []);
});

test("what a provider speaks is its kind's, its model's, or as the settings say", () => {
  const speaks = (kind: string, options = {}, name = 'm') =>
    book(kind, options, name).models.get('a')?.deployments[0]?.apis;
  assert.deepEqual(speaks('anthropic'), ['messages', 'count-tokens']);
  assert.deepEqual(speaks('vertex', {}, 'claude-x'), ['messages']);
  assert.deepEqual(speaks('vertex', {}, 'google/gemini-x'), ['chat']);
  assert.deepEqual(speaks('openai-compatible', { apis: ['responses'] }), ['responses']);
});

test('a price is looked for at the address, or where the deployment says', () => {
  const rules = {
    providers: [provider('p', 'openai-compatible')],
    models: [
      model('a', [at('p', 'm')]),
      model('b', [at('p', 'm', { listed: { baseUrl: 'https://maker', model: 'known' } })]),
    ],
    routing,
  };
  const asked: string[] = [];
  const { models } = makeRouteBook(
    rules,
    () => null,
    (baseUrl, name) => {
      asked.push(`${baseUrl} ${name}`);
      return null;
    },
  );
  for (const name of ['a', 'b']) models.get(name)?.deployments[0]?.price(0);
  assert.deepEqual(asked, ['https://h.example m', 'https://maker known']);
});

test("a server of one's own costs nothing, unless its deployment says what", () => {
  const priceOf = (more: object) => {
    const models = [model('a', [at('p', 'm', more)])];
    const made = makeRouteBook(
      { providers: [provider('p', 'ollama')], models, routing },
      () => null,
    );
    return made.models.get('a')?.deployments[0]?.price(0) ?? null;
  };
  assert.equal(priceOf({})?.output.nanoUsd, 0);
  assert.equal(priceOf({ price: { inputNanoUsd: 1, outputNanoUsd: 2 } })?.output.nanoUsd, 2);
  assert.equal(priceOf({ listed: { baseUrl: 'https://maker', model: 'x' } }), null);
});
