// The rewritten body against JSON.parse: what was to change has changed, and every other byte is
// the client's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rewrite } from './llm-edits.ts';
import { type Dialect, readModelRequest } from './llm-request.ts';
import { splice } from './llm-splice.ts';

function rewritten(text: string, dialect: Dialect, bound: number, key: OutputKey = 'max_tokens') {
  const body = Buffer.from(text);
  const request = readModelRequest(dialect === 'openai' ? 'chat' : 'messages', body);
  assert.ok(!('fault' in request), JSON.stringify(request));
  const { edits, countUnasked } = rewrite(body, request, {
    ...to,
    outputTokens: bound,
    outputKey: key,
  });
  return { text: splice(body, edits).toString(), countUnasked, edits };
}

const to = { model: 'real', countStreams: true, remove: [], add: {} };

type OutputKey = 'max_tokens' | 'max_completion_tokens';

const outputKeyOf = fc.constantFrom<OutputKey>('max_tokens', 'max_completion_tokens');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const reserved = ['model', 'stream', 'n', 'max_tokens', 'max_completion_tokens', 'stream_options'];
const costly = /^(?:service_tier|speed|inference_geo|web_search_options|container|mcp_servers)$/;
const extra = fc
  .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())
  .filter((rest) => Object.keys(rest).every((key) => !/^[a-z_\u017f\u212a]+$/i.test(key)));
const bodies = fc.record({
  front: extra,
  model: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  stream: maybe(fc.boolean()),
  max_tokens: maybe(fc.option(fc.integer({ min: 1, max: 5_000 }))),
  max_completion_tokens: maybe(fc.option(fc.integer({ min: 1, max: 5_000 }))),
  stream_options: maybe(
    fc.option(fc.record({ include_usage: maybe(fc.boolean()), other: maybe(fc.nat()) })),
  ),
});

test('only the model, the bound and the count change, whatever else stands there', () => {
  fc.assert(
    fc.property(bodies, outputKeyOf, fc.nat(4), ({ front, ...given }, key, indent) => {
      const before = JSON.parse(JSON.stringify({ ...front, ...given }));
      const { text, countUnasked } = rewritten(
        JSON.stringify(before, null, indent),
        'openai',
        1_000,
        key,
      );
      const after = JSON.parse(text);
      assert.equal(after.model, 'real');
      const bounds = [after.max_tokens, after.max_completion_tokens].filter((one) => one != null);
      assert.ok(bounds.length > 0 && bounds.every((one) => one <= 1_000), text);
      const askedBounds = [given.max_tokens, given.max_completion_tokens].filter(
        (one) => one != null,
      );
      if (askedBounds.length > 0) {
        assert.ok(Math.max(...bounds) <= Math.max(...askedBounds), text);
      }
      const asked = given.stream_options?.include_usage === true;
      assert.equal(countUnasked, given.stream === true && !asked);
      if (given.stream === true) assert.equal(after.stream_options.include_usage, true);
      if (given.stream_options?.other !== undefined) {
        assert.equal(after.stream_options.other, given.stream_options.other);
      }
      for (const name of Object.keys(before)) {
        if (!reserved.includes(name)) assert.deepEqual(after[name], before[name]);
      }
      assert.ok(!Object.keys(front).some((name) => costly.test(name)));
    }),
    { numRuns: 500 },
  );
});

test('what need not change stays as it is, byte for byte', () => {
  const text =
    '{ "max_tokens" : 7 ,\n\t"messages":[{"content":"\\u00e9\\/ \u00e9"}], "model" : "x" }';
  assert.equal(rewritten(text, 'anthropic', 1_000).text, text.replace('"x"', '"real"'));
});

test('a body with the right model and bound is not touched at all', () => {
  const text = '{"model":"real","max_tokens":1000}';
  assert.deepEqual(rewritten(text, 'anthropic', 1_000).edits, []);
});

test('an escaped key is found and its value replaced', () => {
  const { text } = rewritten('{"\\u006dodel":"x","max_\\u0074okens":5000}', 'anthropic', 10);
  assert.equal(text, '{"\\u006dodel":"real","max_\\u0074okens":10}');
});

test('an anthropic stream gets no options', () => {
  const { text } = rewritten('{"model":"x","max_tokens":1,"stream":true}', 'anthropic', 10);
  assert.equal(text, '{"model":"real","max_tokens":1,"stream":true}');
});

test('members are taken out with their comma, whichever they are, and others put in', () => {
  const names = ['model', 'stream', 'a', 'b', 'max_tokens'];
  const values: Readonly<Record<string, unknown>> = {
    ...{ model: 'ours', stream: true, a: [1, ','], b: '}', max_tokens: 5 },
  };
  fc.assert(
    fc.property(
      fc.shuffledSubarray(names, { minLength: 1 }).filter((some) => some.includes('model')),
      fc.subarray(names.filter((name) => name !== 'max_tokens')),
      fc.nat(3),
      (some, remove, indent) => {
        const given = Object.fromEntries(some.map((name) => [name, values[name]]));
        const body = Buffer.from(JSON.stringify(given, null, indent));
        const request = readModelRequest('messages', body);
        assert.ok(!('fault' in request));
        const add = { version: '"v1"', a: '7' };
        const { edits } = rewrite(body, request, {
          ...to,
          ...{ outputTokens: 9, outputKey: 'max_tokens', remove, add },
        });
        const after = JSON.parse(splice(body, edits).toString());
        const expected: Record<string, unknown> = { ...given, version: 'v1' };
        if (given.model !== undefined) expected.model = 'real';
        if (!some.includes('max_tokens')) expected.max_tokens = 9;
        if (!some.includes('a')) expected.a = 7;
        for (const name of remove) if (some.includes(name)) delete expected[name];
        assert.deepEqual(after, expected);
      },
    ),
    { numRuns: 500 },
  );
});
