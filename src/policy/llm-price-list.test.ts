// What the list knows of models that are asked for other things than text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { priceFromList } from './llm-price-list.ts';

const now = Date.UTC(2026, 10, 1);

for (const [baseUrl, model, inputNanoUsd] of [
  ['https://api.openai.com', 'text-embedding-3-small', 20],
  ['https://api.voyageai.com', 'voyage-3.5', 60],
  ['https://api.cohere.ai', 'embed-v4.0', 120],
] as const) {
  test(`${model} has a price for input, and none for what it does not give`, () => {
    const price = priceFromList(baseUrl, model, now);
    assert.deepEqual([price?.input.nanoUsd, price?.output.nanoUsd], [inputNanoUsd, 0]);
  });
}

test('a model without a price for its output is not taken to give it for nothing', () => {
  assert.equal(priceFromList('https://api.openai.com', 'whisper-1', now), null);
  assert.equal(priceFromList('https://api.openai.com', 'gpt-of-nobody', now), null);
});
