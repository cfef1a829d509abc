// The last step of an agent, in each API's words: the same where the same was done with the same
// outcome, whatever else differs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Api } from './llm-api.ts';
import { lastItems, lastStep } from './llm-last-step.ts';
import { readModelRequest } from './llm-request.ts';

/** With names and words of its own, as every real one has. */
type Made = (call: string, result: string, n: number) => readonly object[];

const made: Readonly<Record<'messages' | 'chat' | 'responses', Made>> = {
  messages: (call, result, n) => [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: `try ${n}` },
        { type: 'tool_use', id: `t${n}`, name: 'run', input: { call } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: `t${n}`, content: result }] },
  ],
  chat: (call, result, n) => [
    {
      ...{ role: 'assistant', content: `try ${n}` },
      tool_calls: [{ id: `c${n}`, type: 'function', function: { name: 'run', arguments: call } }],
    },
    { role: 'tool', tool_call_id: `c${n}`, content: result },
  ],
  responses: (call, result, n) => [
    { type: 'reasoning', id: `r${n}`, encrypted_content: `x${n}` },
    { type: 'function_call', call_id: `c${n}`, name: 'run', arguments: call },
    { type: 'function_call_output', call_id: `c${n}`, output: result },
  ],
};

function step(api: keyof typeof made, said: readonly object[]): string | null {
  const all = { model: 'm', [api === 'responses' ? 'input' : 'messages']: said };
  const body = Buffer.from(JSON.stringify(all));
  const request = readModelRequest(api as Api, body);
  assert.ok(!('fault' in request));
  return lastStep(request, body);
}

for (const api of ['messages', 'chat', 'responses'] as const) {
  const one = made[api];
  const opening = { role: 'user', content: 'go "on" \\"\\\\' };

  test(`${api}: the same call with the same result is the same step, whatever its name`, () => {
    const first = step(api, [opening, ...one('ls', 'a "b" \\', 1)]);
    const again = step(api, [opening, ...one('x', 'y', 1), ...one('ls', 'a "b" \\', 2)]);
    assert.ok(first !== null);
    assert.equal(first, again);
  });

  test(`${api}: another call, another result, or a person's words are none`, () => {
    const first = step(api, [opening, ...one('ls', 'a', 1)]);
    for (const other of [one('ls -l', 'a', 1), one('ls', 'b', 1)]) {
      assert.notEqual(step(api, [opening, ...other]), first);
    }
    assert.equal(step(api, [...one('ls', 'a', 1), opening]), null);
    assert.equal(step(api, [opening]), null);
  });
}

test('a result that is too long is not looked at', () => {
  assert.equal(step('chat', made.chat('ls', 'x'.repeat(200_000), 1)), null);
});

test('backwards are read exactly the items that stand there', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 40 }), fc.nat(3), (items, indent) => {
      const body = Buffer.from(JSON.stringify(items, null, indent));
      const found = [...lastItems(body, 0, body.length)];
      assert.deepEqual(JSON.stringify(found), JSON.stringify(items.toReversed()));
    }),
  );
});
