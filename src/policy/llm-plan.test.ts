// Who may ask for which model, where a request may go, and what a refusal tells the person who must
// change a line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Api } from './llm-api.ts';
import { type BookDeployment, type BookModel, planRoutes, type RouteBook } from './llm-plan.ts';
import { type FlatPrice, priceFromConfig } from './llm-price.ts';
import { readModelRequest } from './llm-request.ts';

const cheap = { inputNanoUsd: 1, outputNanoUsd: 2 };
const dear = { inputNanoUsd: 10, outputNanoUsd: 20 };

function deployment(id: string, apis: readonly Api[], price: FlatPrice | null): BookDeployment {
  const made = price === null ? null : priceFromConfig(price);
  const [provider = '', model = ''] = id.split('/');
  return {
    ...{ id, provider, model, apis, price: () => made, outputTokensMax: 100 },
    ...{ weight: 1, order: 0, rpm: null, tpm: null, parallelMax: null },
  };
}

const opus = deployment('anthropic/opus', ['messages', 'count-tokens'], dear);
const local = deployment('box/qwen', ['chat'], cheap);
const stored = deployment('openai/gpt', ['chat', 'responses'], cheap);
const none = { general: [], contextWindow: [], contentPolicy: [] };

function model(
  name: string,
  deployments: readonly BookDeployment[],
  more: Partial<BookModel> = {},
): BookModel {
  return { name, deployments, fallbacks: none, marksCache: true, ...more };
}

const models = [
  model('opus', [opus]),
  model('local', [local]),
  model('unpriced', [deployment('box/qwen', ['chat', 'count-tokens'], null)]),
  model('both', [opus, local]),
  model('stored', [stored, deployment('azure/gpt', ['responses'], cheap)]),
  model('careful', [local], {
    fallbacks: { general: ['opus', 'unpriced'], contextWindow: ['opus'], contentPolicy: [] },
  }),
];
const book: RouteBook = {
  models: new Map(models.map((one) => [one.name, one])),
  translates: (from, to) => from === 'chat' && to === 'messages',
};

function ask(name: string, api: Api, rest = '', facts = {}) {
  const body = Buffer.from(`{"model":${JSON.stringify(name)}${rest}}`);
  const request = readModelRequest(api, body);
  assert.ok(!('fault' in request));
  return planRoutes(request, book, { nowMs: 0, marksPay: false, pinned: null, ...facts });
}

const rows: readonly [model: string, api: Api, reason: string, message: RegExp][] = [
  ['opus', 'messages', 'allowed', /^$/],
  ['opus', 'chat', 'allowed', /^$/],
  ['local', 'chat', 'allowed', /^$/],
  ['gpt', 'chat', 'model-unknown', /no model "gpt".*opus, local, unpriced, both/],
  ['Opus', 'messages', 'model-unknown', /no model "Opus"/],
  ['local', 'messages', 'dialect-unsupported', /asked at POST \/v1\/chat\/completions/],
  ['opus', 'embeddings', 'dialect-unsupported', /asked at POST .+ or POST \/v1\/messages\.$/],
  [
    'unpriced',
    'chat',
    'price-unknown',
    /models: \{ unpriced: \{ provider: box, model: qwen, price:/,
  ],
];

for (const [name, api, reason, message] of rows) {
  test(`${name} asked at ${api} is ${reason}`, () => {
    const planned = ask(name, api);
    assert.equal(planned.decision.reason, reason);
    assert.equal(planned.decision.verdict, reason === 'allowed' ? 'allow' : 'deny');
    assert.match(planned.message, message);
    assert.equal(planned.plan === null, reason !== 'allowed');
  });
}

const ways = (planned: ReturnType<typeof ask>) =>
  planned.plan?.primary.candidates.map(({ id, api }) => `${id} ${api}`);

test('a deployment that speaks the API gets it as it is, another one translated', () => {
  assert.deepEqual(ways(ask('both', 'messages')), ['anthropic/opus messages']);
  assert.deepEqual(ways(ask('both', 'chat')), ['anthropic/opus messages', 'box/qwen chat']);
});

test('signed thoughts go to nobody who would have to have them translated', () => {
  const said = ',"messages":[{"role":"assistant","content":[{"type":"thinking"}]}]';
  assert.deepEqual(ways(ask('both', 'chat', said)), ['box/qwen chat']);
});

test('what goes on from an earlier answer goes to the deployment that made it', () => {
  const rest = ',"previous_response_id":"resp_1"';
  const all = ['openai/gpt responses', 'azure/gpt responses'];
  // Its input is kept at the provider, so without a known context there is no bound.
  assert.equal(ask('stored', 'responses', rest).decision.reason, 'cost-unbounded');
  const bounded = { ...book, models: new Map([['stored', boundedModel()]]) };
  const planned = (pinned: string | null) => {
    const request = readModelRequest('responses', Buffer.from(`{"model":"stored"${rest}}`));
    assert.ok(!('fault' in request));
    return ways(planRoutes(request, bounded, { nowMs: 0, marksPay: false, pinned }));
  };
  assert.deepEqual(planned('azure/gpt'), ['azure/gpt responses']);
  assert.deepEqual(planned(null), all);
  assert.deepEqual(planned('gone/gpt'), all);
});

function boundedModel(): BookModel {
  const price = { ...priceFromConfig(cheap), contextTokens: 1_000 };
  const ids = ['openai/gpt', 'azure/gpt'];
  return model(
    'stored',
    ids.map((id) => ({ ...deployment(id, ['responses'], cheap), price: () => price })),
  );
}

test('fallbacks that cannot take the request are left out', () => {
  const { plan } = ask('careful', 'chat');
  assert.deepEqual(
    plan?.fallbacks.general.map((group) => group.model),
    ['opus'],
  );
  assert.equal(plan?.fallbacks.contextWindow[0], plan?.fallbacks.general[0]);
});

test('breakpoints that will be put in are paid for beforehand', () => {
  const price = { ...priceFromConfig({ ...cheap, cacheWriteNanoUsd: 5 }), cachesUnasked: false };
  const one = { ...opus, price: () => price };
  const worst = (marksCache: boolean, marksPay: boolean) => {
    const request = readModelRequest('messages', Buffer.from('{"model":"m","max_tokens":1}'));
    assert.ok(!('fault' in request));
    const models = new Map([['m', model('m', [one], { marksCache })]]);
    const { plan } = planRoutes(request, { ...book, models }, { nowMs: 0, marksPay, pinned: null });
    return plan?.primary.candidates[0];
  };
  assert.equal(worst(false, true)?.isMarked, false);
  assert.equal(worst(true, false)?.isMarked, false);
  const marked = worst(true, true);
  assert.equal(marked?.isMarked, true);
  assert.ok((marked?.worst.nanoUsd ?? 0) > (worst(false, true)?.worst.nanoUsd ?? 0));
});

test('counting tokens costs nothing, also where no price is known', () => {
  for (const name of ['opus', 'unpriced']) {
    const candidate = ask(name, 'count-tokens').plan?.primary.candidates[0];
    assert.equal(candidate?.worst.nanoUsd, 0, name);
  }
});

test('what has no bound is refused by what it asks for', () => {
  const { decision, message } = ask('opus', 'messages', ',"speed":"fast"');
  assert.equal(decision.reason, 'cost-unbounded');
  assert.match(message, /`speed`/);
});

test('a prompt that is only read goes to nobody to whom no output means any', () => {
  const found = (tokens: number) => {
    const body = Buffer.from(`{"model":"both","max_tokens":${tokens}}`);
    const request = readModelRequest('messages', body);
    assert.ok(!('fault' in request));
    const both = { ...book, translates: () => true };
    return ways(planRoutes(request, both, { nowMs: 0, marksPay: false, pinned: null }));
  };
  assert.deepEqual(found(1), ['anthropic/opus messages', 'box/qwen chat']);
  assert.deepEqual(found(0), ['anthropic/opus messages']);
});

test('the bound on output is the lower of the two', () => {
  const bound = (rest: string) =>
    ask('opus', 'messages', rest).plan?.primary.candidates[0]?.outputTokens;
  assert.equal(bound(',"max_tokens":7'), 7);
  assert.equal(bound(',"max_tokens":700'), 100);
  assert.equal(bound(''), 100);
});
