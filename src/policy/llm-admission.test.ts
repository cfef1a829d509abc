// Who may ask for which model, in which dialect, and what a refusal tells the person who must
// change a line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdmissionRules, admit } from './llm-admission.ts';
import { type Dialect, readModelRequest } from './llm-request.ts';

const free = { inputNanoUsd: 0, outputNanoUsd: 0 };
const rules: AdmissionRules = {
  providers: [
    { name: 'anthropic', dialect: 'anthropic', baseUrl: 'https://api.anthropic.com' },
    { name: 'box', dialect: 'openai', baseUrl: 'http://ollama.internal' },
  ],
  models: [
    model('opus', 'anthropic', 'claude-opus-5-5', null),
    model('local', 'box', 'qwen3', free),
    model('unpriced', 'box', 'qwen3', null),
    {
      name: 'both',
      deployments: [
        { provider: 'anthropic', model: 'claude-opus-5-5', price: null, outputTokensMax: 10 },
        { provider: 'box', model: 'qwen3', price: free, outputTokensMax: 20 },
      ],
    },
  ],
};

function model(name: string, provider: string, real: string, price: typeof free | null) {
  return { name, deployments: [{ provider, model: real, price, outputTokensMax: 100 }] };
}

function ask(name: string, dialect: Dialect, rest = '') {
  const body = Buffer.from(`{"model":${JSON.stringify(name)}${rest}}`);
  const request = readModelRequest(dialect === 'openai' ? 'chat' : 'messages', body);
  assert.ok(!('fault' in request));
  return admit(request, rules, Date.UTC(2026, 10, 1));
}

const rows: readonly [model: string, dialect: Dialect, reason: string, message: RegExp][] = [
  ['opus', 'anthropic', 'allowed', /^$/],
  ['local', 'openai', 'allowed', /^$/],
  ['gpt', 'openai', 'model-unknown', /no model "gpt".*opus, local, unpriced, both/],
  ['Opus', 'anthropic', 'model-unknown', /no model "Opus"/],
  ['opus', 'openai', 'dialect-unsupported', /asked at POST \/v1\/messages/],
  ['local', 'anthropic', 'dialect-unsupported', /asked at POST \/v1\/chat\/completions/],
  [
    'unpriced',
    'openai',
    'price-unknown',
    /models: \{ unpriced: \{ provider: box, model: qwen3, price:/,
  ],
];

for (const [name, dialect, reason, message] of rows) {
  test(`${name} asked in the ${dialect} dialect is ${reason}`, () => {
    const admission = ask(name, dialect);
    assert.equal(admission.decision.reason, reason);
    assert.equal(admission.decision.verdict, reason === 'allowed' ? 'allow' : 'deny');
    assert.match(admission.message, message);
    assert.equal(admission.call === null, reason !== 'allowed');
  });
}

test('the first deployment that speaks the dialect is taken', () => {
  assert.equal(ask('both', 'anthropic').call?.provider, 'anthropic');
  assert.equal(ask('both', 'openai').call?.provider, 'box');
});

test('what has no bound is refused by what it asks for', () => {
  const { decision, message } = ask('opus', 'anthropic', ',"speed":"fast"');
  assert.equal(decision.reason, 'cost-unbounded');
  assert.match(message, /`speed`/);
});

test('the bound on output is the lower of the two', () => {
  assert.equal(ask('opus', 'anthropic', ',"max_tokens":7').call?.outputTokens, 7);
  assert.equal(ask('opus', 'anthropic', ',"max_tokens":700').call?.outputTokens, 100);
  assert.equal(ask('opus', 'anthropic').call?.outputTokens, 100);
});
