// What makes two requests the same, what makes them near, and what keeps a request away from the
// cache: a row for each way of getting somebody another's answer, or the answer to something else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chat, facts, planned, user } from '../../testing/cache-plans.ts';
import type { Api } from '../llm-api.ts';
import type { PlanCacheFor } from './plan.ts';

const base = planned(chat());

test('the last text of the user is the question, and all else its scope', () => {
  assert.equal(base.question?.text, 'how old is Rome?');
  const other = planned(chat({}, 'what is the age of Rome?'));
  assert.equal(other.question?.scope, base.question?.scope);
  assert.notEqual(other.key, base.key);
});

const same: readonly (readonly [name: string, body: string])[] = [
  ['the model by an alias', chat({ model: 'best' })],
  ['what is said to the cache', chat({ cache: { ttl: 5 } })],
  [
    'members in another order',
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(chat())).reverse())),
  ],
  ['spaces', JSON.stringify(JSON.parse(chat()), null, 2)],
  ['another spelling of a number', chat().replace('0.5', '5.0E-1')],
  ['another spelling of a text', chat().replace('how old', '\\u0068ow\\u0020old')],
  ['a slash with its escape', chat({ stop: ['a/b'] }).replace('a/b', 'a\\/b')],
];
for (const [name, body] of same) {
  test(`the same request: ${name}`, () => {
    const of = name.startsWith('a slash') ? planned(chat({ stop: ['a/b'] })) : base;
    assert.deepEqual(planned(body), of);
  });
}

const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };
const elsewhere: readonly (readonly [name: string, body: string, more?: Partial<PlanCacheFor>])[] =
  [
    ['another caller', chat(), { caller: 'other' }],
    ['another key', chat(), { key: 'other' }],
    ['another session', chat(), { session: 's2' }],
    ['no session', chat(), { session: null }],
    [
      'a caller and a key that make the same text together',
      chat(),
      { caller: 'gatewaya', key: 'gent' },
    ],
    ['another model', chat(), { model: 'opus' }],
    ['another namespace', chat(), { namespace: 'n' }],
    ['a beta in a header', chat(), { headers: [...facts.headers, ['anthropic-beta', 'x']] }],
    ['a beta in the query', chat(), { search: '?beta=true' }],
    ['another rule of sharing', chat(), { share: 'key' }],
    ['a stream', chat({ stream: true })],
    ['counts in the stream', chat({ stream: true, stream_options: { include_usage: true } })],
    ['another temperature', chat({ temperature: 0.6 })],
    ['a temperature as a text', chat({ temperature: '0.5' })],
    ['a member of no known meaning', chat({ reasoning_effort: 'low' })],
    ['a member that is nothing', chat({ reasoning_effort: null })],
    ['a tool', chat({ tools: [tool] })],
    ['another bound', chat({ max_tokens: 5 })],
    ['another user', chat({ user: 'ann' })],
    ['another format', chat({ response_format: { type: 'json_object' } })],
    ['another system prompt', chat().replace('be brief', 'be long')],
    ['another turn before', chat().replace('"hi"', '"ho"')],
    [
      'a turn more',
      chat().replace(
        '{"role":"user","content":"hi"}',
        '{"role":"user","content":"hi"},{"role":"user","content":"hi"}',
      ),
    ],
    ['another role', chat().replace('"system"', '"developer"')],
    ['a name beside the text', chat({ messages: [{ ...user('how old is Rome?'), name: 'ann' }] })],
    ['the text as a part', chat({}, [{ type: 'text', text: 'how old is Rome?' }])],
    [
      'an image beside it',
      chat({}, [
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        { type: 'text', text: 'how old is Rome?' },
      ]),
    ],
    [
      'a text before it',
      chat({}, [
        { type: 'text', text: 'as a poet' },
        { type: 'text', text: 'how old is Rome?' },
      ]),
    ],
  ];
for (const [name, body, more] of elsewhere) {
  test(`neither the same nor near: ${name}`, () => {
    const plan = planned(body, more);
    assert.notEqual(plan.key, base.key);
    assert.notEqual(plan.question?.scope, base.question?.scope);
  });
}

test('another image is another scope', () => {
  const shown = (data: string) =>
    chat({}, [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
      { type: 'text', text: 'what is it?' },
    ]);
  const [a, b] = [planned(shown('AA==')), planned(shown('AB=='))];
  assert.notEqual(a.question?.scope, b.question?.scope);
});

test('one rule of sharing after the other lets more see the same', () => {
  const asks = (share: PlanCacheFor['share'], more: Partial<PlanCacheFor>, body = chat()) =>
    planned(body, { share, ...more }).key;
  const ann = chat({ user: 'ann', metadata: { user_id: 'u_session_1' } });
  assert.equal(asks('key', {}), asks('key', { session: 's2' }, ann));
  assert.notEqual(asks('key', {}), asks('key', { key: 'other' }));
  assert.equal(asks('caller', {}), asks('caller', { key: 'other', session: null }));
  assert.notEqual(asks('caller', {}), asks('caller', { caller: 'other' }));
  assert.equal(asks('everyone', {}), asks('everyone', { caller: 'other', key: 'k' }));
  const owners = (['session', 'key', 'caller', 'everyone'] as const).map(
    (share) => planned(chat(), { share }).owner,
  );
  assert.equal(new Set(owners).size, 4);
});

test('each API has its question where it has it', () => {
  const text = 'how old is Rome?';
  const asked = (body: object, api: Api) =>
    planned(JSON.stringify({ model: 'm', max_tokens: 9, ...body }), {}, api).question?.text;
  const parts = (type: string) => [{ type, text, cache_control: { type: 'ephemeral' } }];
  assert.equal(asked({ messages: [user(parts('text'))] }, 'messages'), text);
  assert.equal(asked({ input: text }, 'responses'), text);
  assert.equal(
    asked({ input: [{ role: 'user', content: parts('input_text') }] }, 'responses'),
    text,
  );
  assert.equal(asked({ input: text }, 'embeddings'), undefined);
  assert.equal(asked({ prompt: text }, 'completions'), undefined);
});

test('a conversation that is long is told apart by each byte before its last turn', () => {
  const long = (at: number) => {
    const turns = Array.from({ length: 400 }, (_, turn) => user(turn === at ? 'x' : 'the same'));
    return chat({ messages: [...turns, user('how old is Rome?')] });
  };
  const first = planned(long(-1));
  assert.equal(first.question?.text, 'how old is Rome?');
  for (const at of [0, 200, 399]) {
    assert.notEqual(planned(long(at)).question?.scope, first.question?.scope, String(at));
  }
});

test('a text holds nothing that could pass for the rest of the request', () => {
  const tricks = ['"', '","role":"system', '\u0000', '\\', '\n"temperature":1', 'é', '\u2028'];
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...tricks, 'a', ' '), { maxLength: 8 }),
      fc.array(fc.constantFrom(...tricks, 'a', ' '), { maxLength: 8 }),
      (one, two) => {
        const [a, b] = [`x${one.join('')}`, `x${two.join('')}`];
        const [first, second] = [planned(chat({}, a)), planned(chat({}, b))];
        assert.equal(first.question?.text, a);
        assert.equal(first.question?.scope, second.question?.scope);
        assert.equal(first.key === second.key, a === b);
      },
    ),
    { numRuns: 200 },
  );
});
