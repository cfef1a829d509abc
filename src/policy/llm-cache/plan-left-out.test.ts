// What keeps a request away from the cache, or lets only the same request be answered: a row for
// each reason, and each way for a tool's result to look like something else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chat, looked, planned, user } from '../../testing/cache-plans.ts';
import type { Api } from '../llm-api.ts';
import type { PlanCacheFor } from './plan.ts';

const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };
const exactOnly: readonly (readonly [why: string, body: string, more?: Partial<PlanCacheFor>])[] = [
  ['exact-only', chat(), { semantic: false }],
  ['choices', chat({ n: 2 })],
  ['seed', chat({ seed: 7 })],
  ['logprobs', chat({ logprobs: true })],
  ['no-text', chat({}, '?!')],
  ['no-text', chat({}, [])],
  ['not-the-user', chat({ messages: [user('x'), { role: 'assistant', content: 'It is' }] })],
  ['text-too-long', chat({}, 'word '.repeat(500))],
  ['turn-too-long', chat({}, 'x'.repeat(300_000)), { tools: 'exact' }],
  [
    'tool-turn',
    chat({ messages: [{ role: 'tool', tool_call_id: 'c', content: 'x' }] }),
    { tools: 'exact' },
  ],
];
for (const [why, body, more] of exactOnly) {
  test(`only the same request answers: ${why}`, () => {
    const plan = planned(body, more);
    assert.equal(plan.question, null);
    assert.equal(plan.why, why);
  });
}

const called = { role: 'assistant', tool_calls: [{ id: 'c', type: 'function' }] };
const leftOut: readonly (readonly [why: string, body: string, api?: Api])[] = [
  ['tool-turn', chat({ messages: [user('x'), { role: 'tool', tool_call_id: 'c', content: 'x' }] })],
  ['tool-turn', chat({ messages: [{ role: 'function', name: 'f', content: 'x' }] })],
  [
    'tool-turn',
    chat({
      messages: [
        user([
          { type: 'tool_result', tool_use_id: 'c' },
          { type: 'text', text: 'and?' },
        ]),
      ],
    }),
    'messages',
  ],
  [
    'tool-turn',
    JSON.stringify({
      model: 'm',
      input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }],
    }),
    'responses',
  ],
  [
    'tool-turn',
    JSON.stringify({
      model: 'm',
      input: [{ type: 'custom_tool_call_output', call_id: 'c', output: 'x' }],
    }),
    'responses',
  ],
  // OpenClaw tells the model of the conversation after each result.
  [
    'tool-turn',
    chat({
      messages: [
        user('x'),
        called,
        { role: 'tool', tool_call_id: 'c', content: 'x' },
        user('context'),
      ],
    }),
  ],
  [
    'tool-turn',
    chat({
      messages: [
        user('x'),
        { role: 'assistant', content: [] },
        user([{ type: 'tool_result', tool_use_id: 'c' }]),
        user('context'),
      ],
    }),
    'messages',
  ],
  [
    'tool-turn',
    JSON.stringify(
      {
        model: 'm',
        input: [
          user('x'),
          { type: 'function_call_output', call_id: 'c', output: 'x' },
          user('context'),
        ],
      },
      null,
      1,
    ),
    'responses',
  ],
  ['turn-too-long', chat({}, 'x'.repeat(300_000))],
  ['ambiguous', chat().replace('"content":"how', '"content":"x","content":"how')],
  ['ambiguous', chat({ tools: [tool] }).replace('"name":"f"', '"name":"f","n\\u0061me":"g"')],
  [
    'image-by-address',
    chat({}, [{ type: 'image_url', image_url: { url: 'https://a.test/x.png' } }]),
  ],
  [
    'image-by-address',
    chat({}, [{ type: 'image_url', image_url: { url: 's3:\\/\\/a' } }]).replaceAll('\\\\/', '\\/'),
  ],
  ['media', chat({}, [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }])],
  [
    'media',
    JSON.stringify({ model: 'm', input: 'go on', previous_response_id: 'resp_1' }),
    'responses',
  ],
  ['media', JSON.stringify({ model: 'm', input: 'go on', conversation: 'conv_1' }), 'responses'],
  ['background', JSON.stringify({ model: 'm', input: 'go', background: true }), 'responses'],
  ['api', chat({ max_tokens: 1 }), 'count-tokens'],
  ['nothing-said', JSON.stringify({ model: 'm' })],
];
for (const [why, body, api] of leftOut) {
  test(`left out: ${why} (${api ?? 'chat'}, ${body.slice(0, 60)})`, () => {
    assert.deepEqual(looked(body, {}, api), { leftOut: why });
  });
}

test('after the model has spoken, what tools gave before is history', () => {
  const results = [called, { role: 'tool', tool_call_id: 'c', content: 'x' }];
  const answered = [user('x'), ...results, { role: 'assistant', content: 'it was "tool"' }];
  assert.equal(
    planned(chat({ messages: [...answered, user('and now?')] })).question?.text,
    'and now?',
  );
  const spaced = JSON.stringify({ model: 'm', messages: [...answered, user('and now?')] }, null, 2);
  assert.equal(planned(spaced).question?.text, 'and now?');
});
