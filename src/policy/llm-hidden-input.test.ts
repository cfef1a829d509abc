// Input that a request only names: kept at the provider, it costs what the body does not show. It
// is reserved as all that the model takes, or the request has no bound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Api } from './llm-api.ts';
import { worstCase } from './llm-cost.ts';
import { priceFromConfig } from './llm-price.ts';
import { readModelRequest } from './llm-request.ts';

const flat = priceFromConfig({ inputNanoUsd: 3, outputNanoUsd: 15 });
const contextTokens = 400_000;

function worstOf(api: Api, fields: object, context: number | null = contextTokens) {
  const body = { model: 'm', ...fields };
  const request = readModelRequest(api, Buffer.from(JSON.stringify(body)));
  assert.ok(!('fault' in request), JSON.stringify(request));
  return worstCase(request, { ...flat, contextTokens: context }, 1_000);
}

const input = (item: object) => ({ input: [{ role: 'user', content: 'hi' }, item] });
const messages = (...more: object[]) => ({ messages: [{ role: 'user', content: 'hi' }, ...more] });
const google = { google: { cached_content: 'cachedContents/1' } };

/** A row per way to name what is kept. */
const named: readonly (readonly [name: string, api: Api, fields: object])[] = [
  ['an item by its kind', 'responses', input({ type: 'item_reference', id: 'msg_1' })],
  ['an item by its id alone', 'responses', input({ id: 'msg_1' })],
  ['an item by its id, of no kind', 'responses', input({ id: 'msg_1', type: null })],
  ['thoughts by their id', 'responses', input({ type: 'reasoning', id: 'rs_1', summary: [] })],
  ['a response', 'responses', { ...input({}), previous_response_id: 'resp_1' }],
  ['a conversation', 'responses', { ...input({}), conversation: { id: 'conv_1' } }],
  ['a template', 'responses', { prompt: { id: 'pmpt_1' } }],
  ['a file', 'responses', input({ content: [{ type: 'input_file', file_id: 'f' }] })],
  ['a result of a tool', 'responses', input({ type: 'web_search_call', id: 'ws_1' })],
  ["a cache of Gemini's", 'chat', { ...messages(), extra_body: google }],
  ["a cache of Gemini's at the top", 'chat', { ...messages(), cached_content: 'c/1' }],
  ["a cache of Gemini's in its own words", 'chat', { ...messages(), x: { cachedContent: 'c/1' } }],
  [
    'a document',
    'messages',
    messages({ content: [{ type: 'document', source: { type: 'file' } }] }),
  ],
];

for (const [name, api, fields] of named) {
  test(`who names ${name} reserves all that the model takes`, () => {
    const worst = worstOf(api, fields);
    assert.ok('unbounded' in worst || worst.inputTokens >= contextTokens, JSON.stringify(worst));
    assert.ok('unbounded' in worstOf(api, fields, null));
  });
}

test('what is there is not taken for what is elsewhere', () => {
  const items = [
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
    { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'n', arguments: '{"id":1}' },
    { type: 'message', id: 'msg_1', role: 'assistant', content: [] },
  ];
  for (const item of items) {
    const worst = worstOf('responses', { ...input(item), metadata: { id: 'mine' } });
    assert.ok(!('unbounded' in worst) && worst.inputTokens < 10_000, JSON.stringify(worst));
  }
  const call = { id: 't', function: { name: 'n', arguments: '{}' } };
  const chat = worstOf('chat', messages({ role: 'assistant', tool_calls: [call] }));
  assert.ok(!('unbounded' in chat) && chat.inputTokens < 10_000);
});

test('an answer that was heard, named by its id, has no bound', () => {
  assert.ok('unbounded' in worstOf('chat', messages({ role: 'assistant', audio: { id: 'a_1' } })));
});

test('thoughts that may be more than the answer are reserved, however the number is written', () => {
  const bodies = ['"budget_tokens":50000', '"budget_tokens":5e4', '"budget\\u005ftokens":50000'];
  bodies.push('"budget_tokens":50000,"budget_tokens":1024');
  for (const text of bodies) {
    const body = `{"model":"m","max_tokens":100,"messages":[],"thinking":{"type":"enabled",${text}}}`;
    const request = readModelRequest('messages', Buffer.from(body));
    assert.ok(!('fault' in request), body);
    const worst = worstCase(request, flat, 1_000);
    assert.ok(!('unbounded' in worst) && worst.outputTokens === 50_000, body);
  }
});
