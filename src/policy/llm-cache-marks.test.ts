// Marks against a plain parse: the same request with marks in it, and not a byte more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cacheMarks, marksPay } from './llm-cache-marks.ts';
import { scanJsonObject } from './llm-json.ts';
import { splice } from './llm-splice.ts';

const mark = { type: 'ephemeral' };
const long = 'x'.repeat(5_000);

function marked(value: unknown, indent = 0): unknown {
  const body = Buffer.from(JSON.stringify(value, null, indent));
  const scan = scanJsonObject(body);
  assert.ok(!('fault' in scan));
  return JSON.parse(splice(body, cacheMarks(body, scan)).toString());
}

const text = (said: string, more = {}) => ({ type: 'text', text: said, ...more });

const rows: readonly [name: string, before: object, after: object][] = [
  [
    'a system text becomes a block',
    { system: 'be good', messages: [{ role: 'user', content: 'hi' }] },
    {
      system: [text('be good', { cache_control: mark })],
      messages: [{ role: 'user', content: [text('hi', { cache_control: mark })] }],
    },
  ],
  [
    'the last block is marked, not the first',
    { system: [text('a'), text('b')], messages: [] },
    { system: [text('a'), text('b', { cache_control: mark })], messages: [] },
  ],
  [
    'without a system prompt the last tool is marked',
    { tools: [{ name: 'a' }, { name: 'b' }] },
    { tools: [{ name: 'a' }, { name: 'b', cache_control: mark }] },
  ],
  [
    'the last message is marked, whatever the order of its keys',
    {
      messages: [
        { role: 'user', content: 'a' },
        { content: [text('b')], role: 'user' },
      ],
    },
    {
      messages: [
        { role: 'user', content: 'a' },
        { content: [text('b', { cache_control: mark })], role: 'user' },
      ],
    },
  ],
  [
    'a tool result is marked',
    { messages: [{ role: 'user', content: [{ type: 'tool_result', content: 'x' }] }] },
    {
      messages: [
        { role: 'user', content: [{ type: 'tool_result', content: 'x', cache_control: mark }] },
      ],
    },
  ],
  [
    'thoughts and empty texts are not',
    { system: '', messages: [{ role: 'assistant', content: [{ type: 'thinking' }] }] },
    { system: '', messages: [{ role: 'assistant', content: [{ type: 'thinking' }] }] },
  ],
  ['what is no list is left alone', { system: 7, messages: {} }, { system: 7, messages: {} }],
];

for (const [name, before, after] of rows) {
  test(`${name}`, () => {
    for (const indent of [0, 1, 4]) assert.deepEqual(marked(before, indent), after);
  });
}

test('whatever stands there, a body stays the JSON it was but for the marks', () => {
  const content = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.record({ type: fc.constantFrom('text', 'thinking', 'image'), text: fc.string() })),
    fc.jsonValue(),
  );
  const bodies = fc.record({
    system: fc.option(content, { nil: undefined }),
    tools: fc.option(fc.array(fc.jsonValue()), { nil: undefined }),
    messages: fc.array(fc.record({ role: fc.string(), content })),
  });
  const unmarked = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (key, inner) => (key === 'cache_control' ? undefined : inner)),
    );
  fc.assert(
    fc.property(bodies, fc.nat(3), (body, indent) => {
      const after = marked(body, indent) as { system?: unknown; messages: { content: unknown }[] };
      const wasText = (before: unknown, now: unknown) =>
        typeof before === 'string' && before !== '' ? [{ type: 'text', text: before }] : now;
      const expected = JSON.parse(JSON.stringify(body));
      if (expected.system !== undefined) expected.system = wasText(body.system, expected.system);
      const last = expected.messages.at(-1);
      if (last !== undefined) last.content = wasText(last.content, last.content);
      assert.deepEqual(unmarked(after), unmarked(expected));
    }),
    { numRuns: 300 },
  );
});

test('marks pay for conversations and tools, not for a lone question or a short one', () => {
  const pays = (value: unknown) => {
    const body = Buffer.from(JSON.stringify(value));
    const scan = scanJsonObject(body);
    assert.ok(!('fault' in scan));
    return marksPay(scan, body.length);
  };
  const said = { role: 'user', content: long };
  assert.equal(pays({ messages: [said] }), false);
  assert.equal(pays({ messages: [said], tools: [] }), false);
  assert.equal(pays({ messages: [said], tools: [{ name: 'a' }] }), true);
  assert.equal(pays({ messages: [said, said] }), true);
  assert.equal(pays({ messages: [{ content: 'a' }, { content: 'b' }, { content: 'c' }] }), false);
});
