// Token counts as the two providers write them, and counts that make no sense, which must not be
// believed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isLast,
  isUsageChunk,
  responseIdOf,
  type SeenUsage,
  usageOfAnswer,
  usageOfEvent,
} from './llm-usage.ts';

const none = { input: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0, output: 0 };

test("OpenAI counts cached tokens among the prompt's", () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 7,
    prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
  };
  const expected = { ...none, input: 30, cacheRead: 60, cacheWrite: 10, output: 7 };
  assert.deepEqual(usageOfAnswer('chat', { usage }), { usage: expected, final: true });
});

test('Anthropic counts cached tokens apart, and written ones by lifetime', () => {
  const usage = {
    input_tokens: 5,
    cache_read_input_tokens: 60,
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
    output_tokens: 7,
  };
  const expected = { input: 5, cacheRead: 60, cacheWrite: 10, cacheWrite1h: 20, output: 7 };
  assert.deepEqual(usageOfAnswer('messages', { usage })?.usage, expected);
});

test('an Anthropic stream is final only once it has a stop reason', () => {
  const start = {
    type: 'message_start',
    message: { usage: { input_tokens: 9, cache_read_input_tokens: 4, output_tokens: 1 } },
  };
  const delta = (stop_reason: string | null, output_tokens: number) => ({
    type: 'message_delta',
    delta: { stop_reason },
    usage: { output_tokens },
  });
  let seen: SeenUsage | null = null;
  const finals = [start, { type: 'ping' }, delta(null, 5), delta('end_turn', 8)].map((event) => {
    seen = usageOfEvent('messages', event, seen);
    return seen?.final;
  });
  assert.deepEqual(finals, [false, false, false, true]);
  assert.deepEqual(seen, { usage: { ...none, input: 9, cacheRead: 4, output: 8 }, final: true });
});

test('only a chunk with a count and no choices is the extra one', () => {
  assert.ok(isUsageChunk({ choices: [], usage: { prompt_tokens: 1 } }));
  assert.ok(!isUsageChunk({ choices: [], usage: null }));
  assert.ok(!isUsageChunk({ choices: [{}], usage: {} }));
});

// A count that is not one must leave the reservation standing.
const senseless: readonly [name: string, usage: unknown][] = [
  ['none', undefined],
  ['null', null],
  ['a text', 'many'],
  ['no prompt', { completion_tokens: 1 }],
  ['no completion', { prompt_tokens: 1 }],
  ['a negative one', { prompt_tokens: 1, completion_tokens: -1 }],
  ['a fraction', { prompt_tokens: 1, completion_tokens: 0.5 }],
  ['a text for a number', { prompt_tokens: '1', completion_tokens: 1 }],
  [
    'more cached than there are',
    {
      prompt_tokens: 1,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 2 },
    },
  ],
  ['an absurd one', { prompt_tokens: 1e18, completion_tokens: 1 }],
];

for (const [name, usage] of senseless) {
  test(`a count that is ${name} is not believed`, () => {
    assert.equal(usageOfAnswer('chat', { usage }), null);
  });
}

test('a response counts cached tokens among its input', () => {
  const usage = {
    input_tokens: 50,
    input_tokens_details: { cached_tokens: 40 },
    output_tokens: 6,
    output_tokens_details: { reasoning_tokens: 4 },
  };
  const expected = { ...none, input: 10, cacheRead: 40, output: 6 };
  assert.deepEqual(usageOfAnswer('responses', { usage })?.usage, expected);
  const event = { type: 'response.completed', response: { id: 'resp_1', usage } };
  assert.deepEqual(usageOfEvent('responses', event, null), { usage: expected, final: true });
  assert.equal(responseIdOf('responses', event), 'resp_1');
  assert.equal(isLast('responses', event), true);
  assert.equal(isLast('responses', { type: 'response.created' }), false);
});

test('a running count is not that of the whole answer', () => {
  const usage = { prompt_tokens: 9, completion_tokens: 1 };
  const chunk = (...reasons: (string | null)[]) => ({
    choices: reasons.map((finish_reason) => ({ delta: {}, finish_reason })),
    usage,
  });
  const final = (event: object) => usageOfEvent('chat', event, null)?.final;
  assert.deepEqual(
    [chunk(null), chunk('stop', null), chunk('stop'), chunk(), { usage }].map(final),
    [false, false, true, true, true],
  );
  const made = {
    type: 'response.created',
    response: { usage: { input_tokens: 1, output_tokens: 0 } },
  };
  assert.equal(usageOfEvent('responses', made, null)?.final, false);
});

test('Gemini counts thoughts apart, and in every chunk', () => {
  const usageMetadata = {
    promptTokenCount: 30,
    cachedContentTokenCount: 10,
    toolUsePromptTokenCount: 5,
    candidatesTokenCount: 7,
    thoughtsTokenCount: 3,
  };
  const expected = { ...none, input: 25, cacheRead: 10, output: 10 };
  assert.deepEqual(usageOfEvent('generate', { usageMetadata }, null), {
    usage: expected,
    final: false,
  });
  const last = { usageMetadata, candidates: [{ finishReason: 'STOP' }] };
  assert.deepEqual(usageOfEvent('generate', last, null), { usage: expected, final: true });
});

test('embeddings have no output to count', () => {
  const usage = { prompt_tokens: 8, total_tokens: 8 };
  assert.deepEqual(usageOfAnswer('embeddings', { usage })?.usage, { ...none, input: 8 });
  assert.equal(usageOfAnswer('chat', { usage }), null);
});
