// The embedding by a provider's model: asked with the text alone, paid for, bounded, and a failure
// that says why whenever no vector can be had.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { systemWorld } from '../../../../kit/world.ts';
import { createTelemetry } from '../../../../telemetry/telemetry.ts';
import { type Responder, startProvider, type TestProvider } from '../../../../testing/provider.ts';
import { prepareLlm, realKey, testPrice } from '../../../../testing/provider-stack.ts';
import { openHouse } from '../../house.ts';
import { SpendBook } from '../../spend/spend-query.ts';
import { EmbeddingFailure } from './embedding.ts';
import { ProviderEmbedding } from './provider-embedding.ts';

interface Choices {
  readonly respond?: Responder;
  readonly dimensions?: number | null;
  readonly timeoutMs?: number;
  readonly budgets?: readonly object[];
  readonly provider: TestProvider;
}

const call = {
  ...{ requestId: 'r1', caller: 'gateway', key: 'agent', session: 's1', heartbeat: false },
  signal: new AbortController().signal,
};

function answering(embedding: readonly unknown[], inputTokens = 7): Responder {
  const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens };
  const text = JSON.stringify({ object: 'list', data: [{ index: 0, embedding }], usage });
  return (_request, response) => response.end(text);
}

async function opened({
  provider,
  respond,
  budgets,
  dimensions = null,
  timeoutMs = 2_000,
}: Choices) {
  provider.respond = respond ?? answering([3, 4]);
  const deployments = [{ provider: 'gpt', model: 'embed-real', price: testPrice }];
  const fallbacks = { general: ['mini'] };
  const prepared = await prepareLlm(provider, {
    settings: (input) => ({
      ...input,
      models: [
        ...(input.models as object[]),
        { name: 'embed', deployments, fallbacks, retries: {} },
      ],
      ...(budgets === undefined ? {} : { budgets }),
    }),
  });
  const world = systemWorld();
  const telemetry = createTelemetry(
    'llm',
    'llm',
    () => {},
    () => world.now(),
  );
  const house = openHouse(prepared.settings, world, telemetry, () => null);
  const embedding = new ProviderEmbedding(
    { kind: 'model', model: 'embed', dimensions, timeoutMs },
    house,
  );
  return {
    embedding,
    /** The house is closed first: then everything is written. */
    spent() {
      house[Symbol.dispose]();
      using book = new SpendBook(prepared.settings.stateDir);
      return book.calls({ fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }, 10);
    },
    async [Symbol.asyncDispose]() {
      house[Symbol.dispose]();
      await rm(prepared.folder, { recursive: true });
    },
  };
}

test('the vector is made of length one, and the call is in the ledger under its request', async () => {
  await using provider = await startProvider(['provider.test']);
  await using at = await opened({ provider, dimensions: 2 });
  const vector = await at.embedding.embed('how old is it?', call);
  assert.deepEqual(vector, Float32Array.from([3 / 5, 4 / 5]));
  const [request] = provider.requests;
  assert.equal(request?.url, '/v1/embeddings');
  assert.equal(request?.headers.authorization, `Bearer ${realKey}`);
  assert.deepEqual(JSON.parse(String(request?.body)), {
    model: 'embed-real',
    input: 'how old is it?',
    encoding_format: 'float',
    dimensions: 2,
  });
  const [row] = at.spent();
  assert.equal(row?.requestId, 'r1');
  assert.equal(row?.key, 'agent');
  assert.equal(row?.how, 'counted');
  assert.equal(row?.spentNanoUsd, 7 * testPrice.inputNanoUsd);
});

const failures: readonly (readonly [name: string, more: Omit<Choices, 'provider'>, why: RegExp])[] =
  [
    ['an error', { respond: (_, to) => to.writeHead(500).end('{}') }, /answered with 500/],
    ['silence', { respond: () => {}, timeoutMs: 100 }, /the embedding embed: no vector in 100 ms/],
    [
      'an answer by halves',
      { respond: (_, to) => to.write('{"data"'), timeoutMs: 100 },
      /no vector in 100 ms/,
    ],
    ['no JSON', { respond: (_, to) => to.end('vector') }, /broke off/],
    ['no vector', { respond: answering([]) }, /holds no vector/],
    ['words for numbers', { respond: answering(['0.5', 0.5]) }, /holds no vector/],
    ['too few numbers', { respond: answering([1, 2]), dimensions: 3 }, /2 numbers, and not 3/],
    ['an endless one', { respond: answering(Array(400_000).fill(0.5)) }, /too long/],
    ['no money', { budgets: [{ limitNanoUsd: 1, window: 'day', at: 'x:1' }] }, /budget/],
  ];

for (const [name, more, why] of failures) {
  test(`a failure with its reason: ${name}`, async () => {
    await using provider = await startProvider(['provider.test']);
    await using at = await opened({ provider, ...more });
    await assert.rejects(at.embedding.embed('hello', call), (error) => {
      assert.ok(error instanceof EmbeddingFailure);
      assert.match(error.message, why);
      return true;
    });
    assert.ok(provider.requests.length <= 1, 'no other model is asked in its place');
  });
}

test('the first vector tells how long all are', async () => {
  await using provider = await startProvider(['provider.test']);
  await using at = await opened({ provider });
  assert.equal(at.embedding.dimensions, null);
  await at.embedding.embed('one', call);
  assert.equal(at.embedding.dimensions, 2);
  provider.respond = answering([1, 2, 3]);
  await assert.rejects(at.embedding.embed('two', call), /3 numbers, and not 2/);
});

test('a vector of nothing is none', async () => {
  await using provider = await startProvider(['provider.test']);
  await using at = await opened({ provider, respond: answering([0, 0]) });
  assert.equal(await at.embedding.embed('one', call), null);
});
