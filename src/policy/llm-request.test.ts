// What is read from a body and what is refused: one row per way of making us and a provider read
// differently.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Dialect, type ModelRequest, readModelRequest } from './llm-request.ts';

function read(text: string | Buffer, dialect: Dialect = 'openai') {
  return readModelRequest(dialect === 'openai' ? 'chat' : 'messages', Buffer.from(text));
}

function request(text: string, dialect: Dialect = 'openai'): ModelRequest {
  const found = read(text, dialect);
  assert.ok(!('fault' in found), JSON.stringify(found));
  return found;
}

const refused: readonly [name: string, text: string | Buffer, fault: RegExp][] = [
  ['no JSON', 'model=x', /not valid JSON/],
  ['half a body', '{"model":"x","messages":[', /not valid JSON/],
  ['bytes that are no UTF-8', Buffer.from('{"model":"\xff"}', 'latin1'), /not UTF-8/],
  ['UTF-16', Buffer.from('{"model":"x"}', 'utf16le'), /not valid JSON/],
  // The first is checked, the last is used by most parsers.
  ['a doubled model', '{"model":"cheap","model":"dear"}', /"model" stands twice/],
  ['a model doubled by an escape', '{"model":"a","\\u006dodel":"b"}', /"model" stands twice/],
  ['a doubled bound', '{"model":"a","max_tokens":1,"max_tokens":9}', /stands twice/],
  ['a doubled stream', '{"model":"a","stream":false,"stream":true}', /stands twice/],
  ['a doubled tier', '{"model":"a","service_tier":"auto","service_tier":"x"}', /stands twice/],
  // Go's decoder, and so Ollama, takes keys without regard to case, Unicode folding included.
  ['a model in capitals', '{"model":"a","MODEL":"b"}', /must be written `model`/],
  [
    'a bound with a Kelvin sign',
    '{"model":"a","max_to\u212Aens":9}',
    /must be written `max_tokens`/,
  ],
  ['a stream with a long s', '{"model":"a","\u017Ftream":true}', /must be written `stream`/],
  ['a speed in capitals', '{"model":"a","Speed":"fast"}', /must be written `speed`/],
  ['no model', '{"messages":[]}', /`model` must be a name/],
  ['an empty model', '{"model":""}', /`model` must be a name/],
  ['a model that is a number', '{"model":7}', /`model` must be a name/],
  ['a model that is a list', '{"model":["a"]}', /`model` must be a name/],
  ['a model that is an object', '{"model":{}}', /`model` must be a name/],
  ['a stream that is a text', '{"model":"a","stream":"true"}', /`stream` must be/],
  ['a negative bound', '{"model":"a","max_tokens":-1}', /`max_tokens` must be/],
  ['half a token', '{"model":"a","max_tokens":1.5}', /`max_tokens` must be/],
  ['an endless bound', '{"model":"a","max_completion_tokens":1e300}', /must be a whole number/],
  ['a bound that is a text', '{"model":"a","max_tokens":"9"}', /`max_tokens` must be/],
  // vLLM's kin and Ollama take it for no bound at all.
  ['a bound of nothing', '{"model":"a","max_tokens":0}', /`max_tokens` must be/],
  ['a bound of less than nothing', '{"model":"a","max_completion_tokens":-0}', /must be/],
  // OpenRouter would ask a dearer model, and search the web for money, though `model` is free.
  ['other models', '{"model":"a","models":["dear"]}', /`models` asks for more/],
  ['other models, escaped', '{"model":"a","\\u006dodels":["dear"]}', /`models` asks for more/],
  ['other models in capitals', '{"model":"a","Models":["dear"]}', /must be written `models`/],
  ['a preset', '{"model":"a","preset":"dear"}', /`preset` asks for more/],
  ['plugins', '{"model":"a","plugins":[{"id":"web"}]}', /`plugins` asks for more/],
  ['no answers', '{"model":"a","n":0}', /`n` must be/],
  ['a thousand answers', '{"model":"a","n":1000}', /`n` must be/],
  ['options that are no object', '{"model":"a","stream_options":[1]}', /`stream_options` must be/],
];

for (const [name, text, fault] of refused) {
  test(`${name} is refused`, () => {
    const found = read(text);
    assert.ok('fault' in found);
    assert.match(found.fault, fault);
  });
}

test('the plain facts are read', () => {
  const { model, stream, outputTokens, choices, unbounded } = request(
    '{"model":"\\u0061b","stream":true,"max_tokens":5,"max_completion_tokens":7,"n":2}',
  );
  const facts = { model, stream, outputTokens, choices, unbounded };
  const expected = { model: 'ab', stream: true, outputTokens: 7, choices: 2, unbounded: null };
  assert.deepEqual(facts, expected);
});

test('null stands for nothing given', () => {
  const found = request('{"model":"a","stream":null,"max_tokens":null,"n":null}');
  assert.deepEqual([found.stream, found.outputTokens, found.choices], [false, null, 1]);
});

// Each costs more than tokens at list price, or an unknown number of them.
const unbounded: readonly [name: string, dialect: Dialect, rest: string][] = [
  ['a faster tier', 'openai', '"service_tier":"priority"'],
  ['the fast mode', 'anthropic', '"speed":"fast"'],
  ['a dearer region', 'anthropic', '"inference_geo":"us"'],
  ['a search by option', 'openai', '"web_search_options":{}'],
  ['a remote tool server', 'anthropic', '"mcp_servers":[{"type":"url"}]'],
  ['a container', 'anthropic', '"container":"c1"'],
  ['a host of its own choice', 'openai', '"provider":{"only":["dear"]}'],
  ['a live search', 'openai', '"search_parameters":{"mode":"on"}'],
  ['a search that only xAI knows', 'openai', '"tools":[{"type":"x_search"}]'],
  ["OpenRouter's search", 'openai', '"tools":[{"type":"openrouter:web_search"}]'],
  ['a shell at the provider', 'openai', '"tools":[{"type":"shell"}]'],
  [
    'one that names its machine',
    'openai',
    '"tools":[{"type":"shell","environment":{"type":"container_auto"}}]',
  ],
  [
    'an unheard-of tool behind a plain one',
    'openai',
    '"tools":[{"type":"x_search","type":"function"}]',
  ],
  ['audio output', 'openai', '"modalities":["text","audio"]'],
  ['a prediction', 'openai', '"prediction":{"type":"content","content":"x"}'],
  ['a tool run by the provider', 'anthropic', '"tools":[{"type":"web_search_20250305"}]'],
  ['one with an escaped name', 'anthropic', '"tools":[{"type":"web_\\u0073earch_20250305"}]'],
  [
    'a tool hidden behind another type',
    'anthropic',
    '"tools":[{"type":"code_execution_20250825","type":"custom"}]',
  ],
  ['audio input', 'openai', '"messages":[{"content":[{"type":"input_audio"}]}]'],
];

for (const [name, dialect, rest] of unbounded) {
  test(`${name} has no bound`, () => {
    assert.notEqual(request(`{"model":"a",${rest}}`, dialect).unbounded, null);
  });
}

test('tools that the client runs, and the usual settings, have a bound', () => {
  const found = request(
    '{"model":"a","service_tier":"auto","speed":null,"thinking":{"type":"adaptive"},' +
      '"tools":[{"type":"bash_20250124"},{"type":"custom","input_schema":{"type":"web_search_20250305"}}],' +
      '"messages":[{"content":[{"type":"text"},{"type":"tool_result","content":[{"type":"text"}]}]}]}',
    'anthropic',
  );
  assert.deepEqual([found.unbounded, found.media, found.images], [null, null, 0]);
});

test('images are counted, other media named', () => {
  const found = request(
    '{"model":"a","messages":[{"content":[{"type":"image"},{"type":"image_url"},{"type":"document"}]}]}',
  );
  assert.deepEqual([found.images, found.media], [2, 'document']);
});

test('a cache write is as dear as the longest lifetime asked for, or an unknown one', () => {
  const write = (text: string) => request(`{"model":"a",${text}}`, 'anthropic').cacheWrite;
  assert.equal(write('"x":1'), 'none');
  assert.equal(write('"cache_control":{"type":"ephemeral"}'), '5m');
  assert.equal(
    write('"system":[{"cache_control":{"ttl":"5m"}},{"cache_control":{"ttl":"1h"}}]'),
    '1h',
  );
  assert.equal(write('"system":[{"cache_control":{"ttl":"1 day"}}]'), '1h');
});

const choices: readonly [api: 'completions' | 'chat', rest: string, choices: number | RegExp][] = [
  ['completions', '"prompt":"hello"', 1],
  ['completions', '"prompt":"hello","n":2', 2],
  ['completions', '"prompt":"hello","n":2,"best_of":5', 5],
  ['completions', '"prompt":["a","b","c"]', 3],
  ['completions', '"prompt":["a","b","c"],"best_of":4', 12],
  ['completions', '"prompt":[1,2,3],"n":2', 2],
  ['completions', '"prompt":[[1],[2]]', 2],
  ['completions', '"prompt":[]', 1],
  ['completions', '"prompt":"a","best_of":0', /`best_of` must be/],
  ['completions', '"prompt":"a","best_of":129', /`best_of` must be/],
  ['completions', `"prompt":[${Array.from({ length: 2_049 }, () => '"a"')}]`, /more than 2048/],
  // Elsewhere it has no meaning, and is paid by nobody.
  ['chat', '"best_of":200,"n":3', 3],
];

test('every answer that a completion may be billed for is counted', () => {
  for (const [api, rest, wanted] of choices) {
    const found = readModelRequest(api, Buffer.from(`{"model":"m",${rest}}`));
    if (typeof wanted === 'number') {
      assert.ok(!('fault' in found), rest);
      assert.equal(found.choices, wanted, rest);
    } else assert.match('fault' in found ? found.fault : 'none', wanted);
  }
});

test('a template that is kept at the provider is input that nobody here has seen', () => {
  const kept = (rest: string) => {
    const found = readModelRequest('responses', Buffer.from(`{"model":"m",${rest}}`));
    return 'fault' in found ? found.fault : found.media;
  };
  assert.equal(kept('"prompt":{"variables":{}}'), 'prompt');
  assert.equal(kept('"prompt":{"id":"pmpt_1"}'), 'item_reference');
  assert.equal(kept('"prompt":"hello"'), null);
  assert.equal(kept('"conversation":"c_1"'), 'conversation');
});

test('a text that is longer than any name is not carried on', () => {
  const { model } = request(JSON.stringify({ model: 'm'.repeat(100_000) }));
  assert.ok(model.length < 1_024, String(model.length));
});
