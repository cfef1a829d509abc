// Sessions as agents name them, and turns that the agent's clock began.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentHeaders, agentOf } from './llm-agent.ts';
import type { Api } from './llm-api.ts';
import { readModelRequest } from './llm-request.ts';
import { makeSecretScanner } from './llm-secret-scan.ts';

const mark = 'Follow the heartbeat monitor scratch context';

function marks(body: object, headers: AgentHeaders = {}, api: Api = 'messages') {
  const bytes = Buffer.from(JSON.stringify({ model: 'm', max_tokens: 1, ...body }));
  const request = readModelRequest(api, bytes);
  assert.ok(!('fault' in request), JSON.stringify(request));
  return agentOf(headers, request, bytes, makeSecretScanner([Buffer.from(mark)]));
}

const session = (body: object, headers: AgentHeaders = {}, api: Api = 'messages') =>
  marks(body, headers, api).session;

test('a session is read where agents write it', () => {
  const id = '0b9d7e4a-1111-4222-8333-949494949494';
  assert.equal(session({}, { 'x-session-affinity': 'main' }), 'main');
  assert.equal(session({}, { session_id: id }), id);
  assert.equal(session({ prompt_cache_key: 'agent:main' }, {}, 'responses'), 'agent:main');
  assert.equal(session({ metadata: { session_id: 's1' } }, {}, 'chat'), 's1');
  const claudeCode = { metadata: { user_id: `user_ab12_account_cd_session_${id}` } };
  assert.equal(session(claudeCode), id);
  assert.equal(session({ metadata: { user_id: JSON.stringify({ session_id: id }) } }), id);
  assert.equal(session({ metadata: { user_id: 'me' } }), null);
  assert.equal(session({}), null);
});

test('a header wins over the body, and a name that could do harm is replaced', () => {
  assert.equal(session({ metadata: { session_id: 'b' } }, { session_id: 'a' }), 'a');
  assert.match(session({}, { session_id: 'a\u001b[2J' }) ?? '', /^h-[0-9a-f]{24}$/);
  assert.match(session({}, { session_id: 'x'.repeat(129) }) ?? '', /^h-/);
});

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const result = user([{ type: 'tool_result', tool_use_id: 'a', content: 'done' }]);
const call = assistant([{ type: 'tool_use', id: 'a', name: 'exec', input: { role: 'x' } }]);
const beat = user(`${mark} when provided.`);

const rows: readonly (readonly [name: string, messages: readonly object[], is: boolean])[] = [
  ['the clock asks', [user('hi'), assistant('yes'), beat], true],
  ['the clock asks, content in parts', [user([{ type: 'text', text: `${mark}.` }])], true],
  ['its tools bring something back', [beat, call, result], true],
  ['tools of the other API', [beat, assistant(''), { role: 'tool', content: 'x' }], true],
  ['somebody asks after it', [beat, assistant('NO_REPLY'), user('hello')], false],
  ['somebody asks after its tools', [beat, call, result, assistant('ok'), user('go')], false],
  ['nobody mentions it', [user('hi')], false],
];

for (const [name, messages, is] of rows) {
  test(`heartbeat or not: ${name}`, () => {
    assert.equal(marks({ messages }).heartbeat, is);
  });
}

test('heartbeat or not: roles that stand after their content', () => {
  const turned = (content: string) => ({ content, role: 'user' });
  assert.equal(marks({ messages: [turned(`${mark}.`)] }).heartbeat, true);
});
