// Tools that run at the provider: what bounds them, what they may cost at worst and what they did
// cost. A bound that can be written so that the provider reads another is no bound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Api } from './llm-api.ts';
import { costOf, type TokenUsage, worstCase } from './llm-cost.ts';
import { type FlatPrice, priceFromConfig } from './llm-price.ts';
import { priceFromList } from './llm-price-list.ts';
import { readModelRequest } from './llm-request.ts';
import { toolKindOf, usesCost } from './llm-server-tools.ts';
import { usageOfAnswer, usageOfEvent } from './llm-usage.ts';

function request(api: Api, rest: string) {
  const found = readModelRequest(api, Buffer.from(`{"model":"m",${rest}}`));
  assert.ok(!('fault' in found), JSON.stringify(found));
  return found;
}

const search = '{"type":"web_search_20250305","name":"web_search","max_uses":3}';
const fetches = '{"type":"web_fetch_20250910","name":"web_fetch","max_uses":2}';
const code = '{"type":"code_execution_20250825","name":"code_execution"}';
const own = '{"name":"f","input_schema":{"type":"object","max_uses":9}}';

const bounded: readonly [name: string, api: Api, rest: string, uses: number, rounds: number][] = [
  ['a search', 'messages', `"tools":[${search}]`, 3, 11],
  [
    'searches, pages, code and own tools',
    'messages',
    `"tools":[${[own, search, fetches, code]}]`,
    6,
    11,
  ],
  ['an escaped name', 'messages', `"tools":[${search.replace('web_s', 'web_\\u0073')}]`, 3, 11],
  ['a search of OpenAI', 'responses', '"max_tool_calls":4,"tools":[{"type":"web_search"}]', 4, 5],
  [
    'all of OpenAI, by their dated names too',
    'responses',
    '"tools":[{"type":"web_search_2025_08_26","user_location":{"type":"approximate"}},' +
      '{"type":"file_search"},{"type":"code_interpreter","container":{"type":"auto"}}],' +
      '"max_tool_calls":2',
    ...([2, 3] as const),
  ],
];

for (const [name, api, rest, uses, rounds] of bounded) {
  test(`${name} is bounded`, () => {
    const { unbounded, media, serverTools } = request(api, rest);
    assert.deepEqual([unbounded, media, serverTools?.rounds], [null, null, rounds]);
    assert.equal(
      serverTools?.bounds.reduce((sum, bound) => sum + bound.uses, 0),
      uses,
    );
  });
}

test('a tool runs at the provider in the APIs that have it, and is another one elsewhere', () => {
  const apis: readonly Api[] = ['chat', 'completions', 'generate', 'embeddings'];
  for (const api of apis) {
    for (const type of ['web_search', 'file_search', 'code_interpreter']) {
      assert.equal(toolKindOf(api, type), null, `${api} ${type}`);
    }
  }
  assert.equal(toolKindOf('responses', 'web_search'), 'webSearch');
  assert.equal(toolKindOf('messages', 'web_search'), null);
});

const unbounded: readonly [name: string, api: Api, rest: string, said: RegExp][] = [
  [
    'a search without a bound',
    'messages',
    '"tools":[{"type":"web_search_20250305"}]',
    /`max_uses`/,
  ],
  ['one with half a use', 'messages', `"tools":[${search.replace('3}', '1.5}')}]`, /`max_uses`/],
  ['one with too many', 'messages', `"tools":[${search.replace('3}', '3e9}')}]`, /`max_uses`/],
  [
    'a second one without',
    'messages',
    `"tools":[${search},${fetches.replace('2}', 'null}')}]`,
    /`max_uses`/,
  ],
  [
    'two bounds on one',
    'messages',
    `"tools":[${search.replace('3}', '3,"max_uses":999}')}]`,
    /twice/,
  ],
  [
    'a bound written twice, once escaped',
    'messages',
    `"tools":[${search.replace('3}', '3,"max\\u005fuses":999}')}]`,
    /twice/,
  ],
  [
    'a bound with another case',
    'messages',
    `"tools":[${search.replace('max_uses', 'Max_Uses')}]`,
    /`max_uses`/,
  ],
  ['a type written twice', 'messages', `"tools":[{"type":"custom",${search.slice(1)}]`, /twice/],
  ['OpenAI without a bound', 'responses', '"tools":[{"type":"file_search"}]', /`max_tool_calls`/],
  [
    'the bound of the wrong API',
    'responses',
    '"tools":[{"type":"web_search","max_uses":3}]',
    /`max_tool_calls`/,
  ],
  [
    'a larger machine than there is',
    'responses',
    '"max_tool_calls":1,"tools":[{"type":"code_interpreter","container":{"type":"auto","memory_limit":"65g"}}]',
    /`memory_limit`/,
  ],
  [
    'a tool outside of `tools`',
    'responses',
    '"max_tool_calls":1,"input":[{"type":"file_search"}]',
    /file_search/,
  ],
  ['one that has no price', 'responses', '"max_tool_calls":1,"tools":[{"type":"mcp"}]', /"mcp"/],
  ['another API', 'chat', '"tools":[{"type":"web_search"}]', /web_search/],
];

for (const [name, api, rest, said] of unbounded) {
  test(`${name} has no bound, and what is missing is named`, () => {
    const { unbounded: why } = request(api, rest);
    assert.match(why ?? '', said);
  });
}

const flat: FlatPrice = {
  ...{ inputNanoUsd: 2, outputNanoUsd: 10, cacheReadNanoUsd: 1, cacheWriteNanoUsd: 3 },
  ...{ webSearchNanoUsd: 10_000, fileSearchNanoUsd: 2_500, codeExecutionNanoUsd: 30_000 },
  useTokensMax: 5_000,
};

test('nothing that the tools can do within their bounds costs more than the worst case', () => {
  const price = priceFromConfig(flat);
  for (const [, api, rest] of bounded) {
    const asked = request(api, `"x":1,${rest}`);
    const { serverTools } = asked;
    const worst = worstCase(asked, price, 500);
    assert.ok(serverTools !== null && !('unbounded' in worst));
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, share, fc.nat(3), (input, read, write, out, dearest) => {
        const most = worst.inputTokens / 3;
        const usage: TokenUsage = {
          ...{ input: Math.floor(most * input), cacheRead: Math.floor(most * read) },
          ...{ cacheWrite: Math.floor(most * write), cacheWrite1h: 0 },
          output: Math.floor(worst.outputTokens * out),
        };
        // All that a bound allows of one kind, whichever it is.
        const uses: Record<string, number> = {};
        for (const bound of serverTools.bounds) {
          const kind = bound.kinds[dearest % bound.kinds.length];
          if (kind !== undefined) uses[kind] = (uses[kind] ?? 0) + bound.uses;
        }
        if (!('codeExecution' in uses)) uses.codeExecution = 0;
        const { nanoUsd } = usesCost(serverTools, price.uses, uses);
        assert.ok(costOf(usage, price, false) + nanoUsd <= worst.nanoUsd);
      }),
      { numRuns: 100 },
    );
  }
});

test('a larger machine costs in proportion', () => {
  const one = '"max_tool_calls":2,"tools":[{"type":"code_interpreter","container":{"type":"auto"';
  const price = priceFromConfig(flat);
  const [small, large] = [`${one}}}]`, `${one},"memory_limit":"4g"}}]`].map((rest) => {
    const { serverTools } = request('responses', rest);
    assert.ok(serverTools !== null);
    return usesCost(serverTools, price.uses, { codeExecution: 2 }).nanoUsd;
  });
  assert.deepEqual([small, large], [60_000, 240_000]);
});

test('without a price for the tool, or a bound on what it brings, the key to set is named', () => {
  const asked = request('messages', `"tools":[${search}]`);
  const { webSearchNanoUsd: _, ...priceless } = flat;
  const { useTokensMax: __, ...endless } = flat;
  const why = [priceless, endless].map((one) => worstCase(asked, priceFromConfig(one), 10));
  assert.match(JSON.stringify(why[0]), /price\.webSearch/);
  assert.match(JSON.stringify(why[1]), /price\.useTokens/);
});

test('the list has the prices of both providers, and of no other', () => {
  const at = Date.UTC(2026, 10, 1);
  const anthropic = priceFromList('https://api.anthropic.com', 'claude-sonnet-4-5', at);
  const openai = priceFromList('https://api.openai.com', 'gpt-5', at);
  const xai = priceFromList('https://api.x.ai', 'grok-4', at);
  assert.deepEqual(anthropic?.uses, {
    webFetch: 0,
    webSearch: 10_000_000,
    codeExecution: 50_000_000,
  });
  assert.deepEqual(openai?.uses, {
    ...{ webSearch: 10_000_000, fileSearch: 2_500_000, codeExecution: 30_000_000 },
  });
  assert.deepEqual(xai?.uses, {});
});

test('uses are those that the provider counted, in one piece and in a stream', () => {
  const usage = { input_tokens: 5, output_tokens: 6, server_tool_use: { web_search_requests: 2 } };
  const whole = usageOfAnswer('messages', { usage });
  const start = usageOfEvent('messages', { type: 'message_start', message: { usage } }, null);
  const delta = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage };
  const end = usageOfEvent('messages', delta, start);
  assert.deepEqual([whole?.uses?.webSearch, end?.uses?.webSearch, end?.final], [2, 2, true]);
  const output = [{ type: 'web_search_call' }, { type: 'message' }, { type: 'web_search_call' }];
  const response = { usage: { input_tokens: 5, output_tokens: 6 }, output };
  const last = { type: 'response.completed', response };
  assert.equal(usageOfAnswer('responses', response)?.uses?.webSearch, 2);
  assert.equal(usageOfEvent('responses', last, null)?.uses?.webSearch, 2);
});

test('what only looks like such a tool changes nothing of what a request may cost', () => {
  // Named in what somebody said, and turned on by nobody.
  for (const api of ['messages', 'responses'] as const) {
    const type = api === 'messages' ? 'web_search_20250305' : 'web_search';
    const said = api === 'messages' ? 'messages' : 'input';
    const { serverTools, unbounded } = request(
      api,
      `"${said}":[{"role":"user","content":[{"type":"${type}"}]}]`,
    );
    assert.deepEqual([serverTools, unbounded?.includes('undefined') ?? false], [null, false]);
  }
  // The client's own tool is the client's, however it is written.
  const twice = '"tools":[{"name":"f","name":"g","input_schema":{"type":"object"}}]';
  assert.equal(request('messages', twice).unbounded, null);
  // A machine is of what runs code alone.
  const large = '{"type":"web_search","container":{"memory_limit":"64g"}}';
  const { serverTools } = request('responses', `"max_tool_calls":1,"tools":[${large}]`);
  assert.deepEqual(serverTools?.bounds, [{ kinds: ['webSearch'], uses: 1, units: 1 }]);
});
