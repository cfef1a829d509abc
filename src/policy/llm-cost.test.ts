// The promise behind the budget: what a call costs is never more than what was reserved for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  costOf,
  hiddenInputTokens,
  imageTokensMax,
  type TokenUsage,
  worstCase,
} from './llm-cost.ts';
import { type ModelPrice, priceFromConfig } from './llm-price.ts';
import { priceFromList } from './llm-price-list.ts';
import { type Dialect, type ModelRequest, readModelRequest } from './llm-request.ts';

function request(text: string, dialect: Dialect): ModelRequest {
  const found = readModelRequest(dialect === 'openai' ? 'chat' : 'messages', Buffer.from(text));
  assert.ok(!('fault' in found));
  return found;
}

function listed(dialect: Dialect, model: string): ModelPrice {
  const price = priceFromList(`https://api.${dialect}.com`, model, Date.UTC(2026, 10, 1));
  assert.ok(price !== null, model);
  return price;
}

const flat = priceFromConfig({ inputNanoUsd: 3, outputNanoUsd: 15 });

/** Any split of some input tokens over the kinds that this request can cause. */
const split = (write: ModelRequest['cacheWrite'], price: ModelPrice) =>
  fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100)).map(([a, b, c, d]) => {
    const writes = write !== 'none' || price.cachesUnasked;
    return [a, b, writes ? c : 0, write === '1h' ? d : 0] as const;
  });

const cases: readonly [dialect: Dialect, model: string, rest: string][] = [
  ['anthropic', 'claude-sonnet-4-5', '"x":1'],
  ['anthropic', 'claude-sonnet-4-5', '"cache_control":{"type":"ephemeral"}'],
  ['anthropic', 'claude-opus-5-5', '"cache_control":{"ttl":"1h"}'],
  ['anthropic', 'claude-haiku-4-5', '"system":[{"type":"image"}]'],
  ['openai', 'gpt-5', '"n":3'],
  ['openai', 'gpt-5.6', '"x":1'],
  ['openai', 'gpt-4o-mini', '"messages":[{"content":[{"type":"image_url"}]}]'],
];

for (const [dialect, model, rest] of cases) {
  test(`no split of the tokens of ${model} with ${rest} costs more than its worst case`, () => {
    const price = listed(dialect, model);
    const asked = (pad: number) =>
      request(`{"model":"m","pad":"${'x'.repeat(pad)}",${rest}}`, dialect);
    const write = asked(0).cacheWrite;
    fc.assert(
      fc.property(
        split(write, price),
        fc.nat(400_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ([a, b, c, d], pad, share) => {
          const call = asked(pad);
          const worst = worstCase(call, price, 8_000);
          assert.ok(!('unbounded' in worst));
          const parts = Math.max(1, a + b + c + d);
          const tokens = Math.floor(worst.inputTokens * share);
          const of = (part: number) => Math.floor((tokens * part) / parts);
          const usage: TokenUsage = {
            input: of(a),
            cacheRead: of(b),
            cacheWrite: of(c),
            cacheWrite1h: of(d),
            output: Math.floor(worst.outputTokens * share),
          };
          assert.ok(costOf(usage, price, call.images > 0) <= worst.nanoUsd);
        },
      ),
      { numRuns: 100 },
    );
  });
}

test('the worst case is the bytes, the hidden prompt and the bound on output', () => {
  const call = request('{"model":"m","max_tokens":10}', 'anthropic');
  const inputTokens = call.bytes + hiddenInputTokens;
  const nanoUsd = inputTokens * 3 + 10 * 15;
  assert.deepEqual(worstCase(call, flat, 500), { inputTokens, outputTokens: 10, nanoUsd });
});

test("the bound on output is the deployment's where the client gave none or a larger one", () => {
  for (const rest of ['', ',"max_tokens":100000']) {
    const worst = worstCase(request(`{"model":"m"${rest}}`, 'openai'), flat, 500);
    assert.ok(!('unbounded' in worst) && worst.outputTokens === 500);
  }
});

test('several answers are paid several times', () => {
  const worst = worstCase(request('{"model":"m","n":4}', 'openai'), flat, 500);
  assert.ok(!('unbounded' in worst) && worst.outputTokens === 2_000);
});

test('a long prompt is reserved at the price for long prompts', () => {
  const price = listed('anthropic', 'claude-sonnet-4-5');
  const body = (bytes: number) => `{"model":"m","max_tokens":0,"x":"${'x'.repeat(bytes)}"}`;
  const short = worstCase(request(body(1_000), 'anthropic'), price, 10);
  const long = worstCase(request(body(250_000), 'anthropic'), price, 10);
  assert.ok(!('unbounded' in short) && !('unbounded' in long));
  assert.equal(short.nanoUsd, short.inputTokens * 3_000);
  assert.equal(long.nanoUsd, long.inputTokens * 6_000);
});

test('an image has a bound of its own; another medium has the context for a bound, or none', () => {
  const image = request('{"model":"m","a":[{"type":"image"}]}', 'anthropic');
  const worst = worstCase(image, flat, 10);
  assert.ok(!('unbounded' in worst));
  assert.equal(worst.inputTokens, image.bytes + hiddenInputTokens + imageTokensMax);
  const document = request('{"model":"m","a":[{"type":"document"}]}', 'anthropic');
  assert.deepEqual(worstCase(document, flat, 10), { unbounded: 'the type "document"' });
  const known = worstCase(document, listed('anthropic', 'claude-opus-5-5'), 10);
  assert.ok(!('unbounded' in known) && known.inputTokens === 1_000_000);
});

test('what costs nothing is bounded whatever it asks for', () => {
  const free = priceFromConfig({ inputNanoUsd: 0, outputNanoUsd: 0 });
  const call = request('{"model":"m","service_tier":"priority"}', 'openai');
  const worst = worstCase(call, free, 10);
  assert.ok(!('unbounded' in worst) && worst.nanoUsd === 0);
});

test('a sum too large to be exact is no bound', () => {
  const dear = priceFromConfig({ inputNanoUsd: Number.MAX_SAFE_INTEGER, outputNanoUsd: 1 });
  assert.ok('unbounded' in worstCase(request('{"model":"m"}', 'openai'), dear, 10));
});

test('list prices come in whole nano-dollars, and unknown models and hosts have none', () => {
  const price = listed('anthropic', 'claude-opus-5-5');
  assert.equal(price.input.nanoUsd, 4_000);
  assert.equal(price.cacheWrite1h.nanoUsd, 8_000);
  assert.equal(price.cacheRead.nanoUsd, 200);
  assert.equal(priceFromList('https://api.anthropic.com', 'claude-unheard-of', 0), null);
  assert.equal(priceFromList('https://llm.example', 'claude-opus-5-5', 0), null);
});
