// Requests from one API to another: what the table says is kept comes back when it is read again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ClientApi,
  clientApis,
  type ProviderApi,
  sharedApis,
} from '../../testing/llm-translation/feature.ts';
import { features } from '../../testing/llm-translation/features.ts';
import { kept } from '../../testing/llm-translation/table.ts';
import { apis } from '../llm-api.ts';
import { translates } from '../llm-translation.ts';
import type { Conversation } from './conversation.ts';
import { clientDialects } from './dialects.ts';
import { Losses } from './losses.ts';
import { parseJson } from './parts.ts';
import { findTranslation } from './translate.ts';

const target = { model: 'm', outputTokens: 8_192, outputKey: 'max_completion_tokens' } as const;

function translated(from: ClientApi, to: ProviderApi, body: object) {
  const translation = findTranslation(from, to);
  assert.ok(translation !== null);
  return translation.request(Buffer.from(JSON.stringify(body)), target);
}

/** What must not change; bounds, thinking and streaming have words of their own. */
function essence(conversation: Conversation): unknown {
  const { turns, tools, toolChoice, parallelCalls, temperature, topP, stop, format } = conversation;
  const named = format?.kind === 'schema' ? { schema: format.schema } : format;
  return {
    turns: turns.map(({ role, parts }) => ({ role, parts: parts.map(plain) })),
    tools: tools.map(({ name, schema }) => ({ name, schema })),
    toolChoice: toolChoice?.kind === 'auto' ? null : toolChoice,
    oneCall: parallelCalls === false,
    temperature,
    topP,
    stop,
    format: named,
    thinks: conversation.reasoning !== null,
    user: conversation.user,
  };
}

function plain(part: Conversation['turns'][number]['parts'][number]): unknown {
  if (part.kind !== 'call') return part;
  return { ...part, argumentsText: parseJson(part.argumentsText) };
}

for (const from of clientApis) {
  for (const to of sharedApis.filter((api) => api !== from)) {
    for (const feature of features) {
      if (kept(feature, from, to) !== 'kept') continue;
      test(`${feature.name}: kept from ${from} to ${to}`, () => {
        const request = feature.requests[from];
        assert.ok(request !== undefined);
        const written = translated(from, to, request);
        assert.ok('body' in written);
        const before = clientDialects[from].readRequest(request, new Losses());
        const losses = new Losses();
        const after = clientDialects[to].readRequest(parseJson(String(written.body)), losses);
        assert.equal(losses.refused, null);
        assert.deepEqual(essence(after), essence(before));
      });
    }
  }
}

test('what the reader does not know is dropped and named by its path', () => {
  const body = {
    messages: [{ role: 'user', content: 'hi', mood: 'good' }],
    brand_new: 1,
    store: true,
  };
  const written = translated('chat', 'messages', body);
  assert.ok('dropped' in written);
  assert.deepEqual([...written.dropped].sort(), ['brand_new', 'messages[0].mood', 'store']);
});

test('the bound on output is written always, and never above what was reserved for', () => {
  const bounds = [{}, { max_tokens: 10 }, { max_completion_tokens: 99_999 }].map((more) => {
    const written = translated('chat', 'messages', {
      messages: [{ role: 'user', content: 'hi' }],
      ...more,
    });
    assert.ok('body' in written);
    return JSON.parse(String(written.body)).max_tokens;
  });
  assert.deepEqual(bounds, [8_192, 10, 8_192]);
});

const malformed: readonly (readonly [what: string, body: unknown, message: string])[] = [
  ['a list', [], '`the body` must be an object'],
  ['messages that are none', { messages: 'hi' }, '`messages` must be a list'],
  ['a message that is none', { messages: ['hi'] }, '`messages[0]` must be an object'],
  [
    'a role nobody knows',
    { messages: [{ role: 'god', content: 'x' }] },
    '`messages[0].role` is not known',
  ],
  ['nothing to answer', { messages: [] }, '`messages` must hold something to answer'],
  [
    'a part of another kind',
    { messages: [{ role: 'user', content: [{ type: 'hologram' }] }] },
    '`messages[0].content[0]` of the type "hologram" has no counterpart',
  ],
];

for (const [what, body, message] of malformed) {
  test(`${what} is refused with its place`, () => {
    const translation = findTranslation('chat', 'messages');
    assert.deepEqual(translation?.request(Buffer.from(JSON.stringify(body)), target), {
      refused: message,
    });
  });
}

test('thoughts that are not signed are left out where they would be refused', () => {
  const body = {
    max_tokens: 10_000,
    reasoning_effort: 'high',
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', reasoning_content: 'hm', content: 'b' },
      { role: 'user', content: 'c' },
    ],
  };
  const written = translated('chat', 'messages', body);
  assert.ok('body' in written);
  const { messages, thinking } = JSON.parse(String(written.body));
  assert.deepEqual(messages[1].content, [{ type: 'text', text: 'b' }]);
  assert.equal(thinking.type, 'enabled');
  assert.ok(thinking.budget_tokens < 8_192);
});

test('a tool loop that began without thoughts goes on without them', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
  const body = {
    reasoning_effort: 'low',
    tools: [{ type: 'function', function: { name: 'f' } }],
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: 'r' },
    ],
  };
  const written = translated('chat', 'messages', body);
  assert.ok('body' in written);
  assert.equal(JSON.parse(String(written.body)).thinking, undefined);
  assert.deepEqual(written.dropped, ['reasoning']);
});

test('an answer to a call that is not there is refused, where the call must be named', () => {
  const body = { messages: [{ role: 'tool', tool_call_id: 'c9', content: 'r' }] };
  const written = translated('chat', 'generate', body);
  assert.ok('refused' in written);
  assert.match(written.refused, /answer a call that is not there \(c9\)/);
});

test('what planning takes for translated is what can be translated', () => {
  for (const from of apis) {
    for (const to of apis) {
      assert.equal(translates(from, to), findTranslation(from, to) !== null, `${from} ${to}`);
    }
  }
});
