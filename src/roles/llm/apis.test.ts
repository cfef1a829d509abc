// Every API over the wire: what goes to the provider, what comes back byte for byte, what it costs;
// and the paths that are asked about the proxy itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { test } from 'node:test';
import { lastDecision } from '../../testing/provider-calls.ts';
import { otherKey, testPrice, virtualKey } from '../../testing/provider-stack.ts';
import { ofKinds, sharedProvider, sharedStack } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();
let count = 0;

const stack = await sharedStack({
  provider,
  settings: (input) => ({
    ...ofKinds(input, { claude: 'anthropic', gpt: 'openai' }),
    metricsFor: ['other'],
    masterKey: 'other-key',
    models: [
      ...(input.models as object[]),
      {
        name: 'gr\u00fc\u00df \u4f60',
        deployments: [{ provider: 'gpt', model: '\u4f60', price: testPrice }],
      },
    ],
  }),
});

const bearer = { authorization: `Bearer ${virtualKey}` };

async function send(path: string, body: string | null, headers: object = bearer, url = stack.url) {
  const method = body === null ? 'GET' : 'POST';
  const request = httpRequest(`${url}${path}`, { method, headers: { ...headers } });
  request.end(body ?? undefined);
  const [response] = await once(request, 'response');
  const text = await textOf(response);
  count += 1;
  const record = await lastDecision(stack, count);
  return { status: response.statusCode, headers: response.headers, text, record };
}

const json = { 'content-type': 'application/json' };
const sse = { 'content-type': 'text/event-stream' };

function answering(text: string, headers: object = json): void {
  provider.respond = (_request, response: ServerResponse) =>
    void response.writeHead(200, { ...headers }).end(text);
}

const { inputNanoUsd, outputNanoUsd } = testPrice;

const whole: readonly [
  name: string,
  path: string,
  body: string,
  answer: string,
  to: string,
  sent: string,
  cost: number,
][] = [
  [
    'a response',
    '/v1/responses',
    '{"model":"mini","input":[{"type":"message","role":"user","content":"x"}],"store":false}',
    '{"id":"resp_1","object":"response","usage":{"input_tokens":7,"output_tokens":3}}',
    '/v1/responses',
    '{"max_output_tokens":1000,"model":"gpt-real-1","input":[{"type":"message","role":"user","content":"x"}],"store":false}',
    7 * inputNanoUsd + 3 * outputNanoUsd,
  ],
  [
    'a completion',
    '/v1/completions',
    '{"model":"mini","prompt":["a","b"],"max_tokens":4}',
    '{"object":"text_completion","usage":{"prompt_tokens":2,"completion_tokens":6}}',
    '/v1/completions',
    '{"model":"gpt-real-1","prompt":["a","b"],"max_tokens":4}',
    2 * inputNanoUsd + 6 * outputNanoUsd,
  ],
  [
    'an embedding',
    '/v1/embeddings',
    '{"model":"mini", "input":"x" }',
    '{"object":"list","data":[],"usage":{"prompt_tokens":5,"total_tokens":5}}',
    '/v1/embeddings',
    '{"model":"gpt-real-1", "input":"x" }',
    5 * inputNanoUsd,
  ],
  [
    'a chat at the path without a version',
    '/chat/completions',
    '{"model":"mini","max_tokens":2,"messages":[]}',
    '{"usage":{"prompt_tokens":1,"completion_tokens":1}}',
    '/v1/chat/completions',
    '{"model":"gpt-real-1","max_tokens":2,"messages":[]}',
    inputNanoUsd + outputNanoUsd,
  ],
  [
    'a count of tokens',
    '/v1/messages/count_tokens?beta=true',
    '{"model":"sonnet","messages":[{"role":"user","content":"x"}]}',
    '{"input_tokens":9}',
    '/v1/messages/count_tokens?beta=true',
    '{"model":"claude-real-1","messages":[{"role":"user","content":"x"}]}',
    0,
  ],
];

for (const [name, path, body, answer, to, sent, cost] of whole) {
  test(`${name} goes through, and costs what the provider counted`, async () => {
    answering(answer);
    const got = await send(path, body);
    assert.deepEqual([got.status, got.text], [200, answer]);
    const received = provider.requests.at(-1);
    assert.deepEqual([received?.url, received?.body.toString()], [to, sent]);
    assert.equal(got.record.spendNanoUsd, cost);
    assert.equal(got.record.reason, 'allowed');
  });
}

test('a streamed response goes through byte for byte and is counted', async () => {
  const stream =
    'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_9"}}\n\n' +
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"\u00e9"}\n\n' +
    'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_9",' +
    '"usage":{"input_tokens":4,"output_tokens":2}}}\n\n';
  answering(stream, sse);
  const got = await send('/v1/responses', '{"model":"mini","stream":true,"input":"x"}');
  assert.equal(got.text, stream);
  assert.equal(got.record.spendNanoUsd, 4 * inputNanoUsd + 2 * outputNanoUsd);
  // Only chat completions and completions know the option.
  assert.ok(!provider.requests.at(-1)?.body.includes('stream_options'));
});

test('a response that its model cannot give is translated', async () => {
  const got = await send('/v1/responses', '{"model":"sonnet","input":"good morning"}');
  assert.equal(got.headers['x-clincher-translated'], 'responses, messages');
  assert.match(got.text, /"object":"response".*good morning/s);
  assert.equal(got.record.settled, 'counted');
});

test('a model with a name that no header takes is asked all the same', async () => {
  answering('{"usage":{"prompt_tokens":1,"completion_tokens":1}}');
  const got = await send('/v1/chat/completions', '{"model":"gr\u00fc\u00df \u4f60","messages":[]}');
  assert.deepEqual([got.status, got.headers['x-litellm-model-group']], [200, 'gr?? ?']);
});

test('work that goes on in the background is refused: nobody would count it', async () => {
  const got = await send('/v1/responses', '{"model":"mini","input":"x","background":true}');
  assert.deepEqual([got.status, got.record.reason], [400, 'cost-unbounded']);
  answering('{"id":"resp_1","usage":{"input_tokens":1,"output_tokens":1}}');
  const plain = await send('/v1/responses', '{"model":"mini","input":"x","background":false}');
  assert.equal(plain.status, 200);
});

test('what the proxy knows of its models names no key and no address', async () => {
  const { status, text } = await send('/v1/model/info', null);
  assert.equal(status, 200);
  assert.doesNotMatch(text, /provider\.test|sk-real|secret/);
  const [first] = JSON.parse(text).data;
  assert.equal(first.model_name, 'sonnet');
  assert.equal(first.model_info.id, 'claude/claude-real-1');
  assert.equal(first.model_info.input_cost_per_token, 3e-6);
});

test('a key hears of the models alone that it may ask for', async () => {
  const master = { authorization: `Bearer ${otherKey}` };
  const { text } = await send('/key/generate', '{"models":["mini"]}', master);
  const own = { authorization: `Bearer ${JSON.parse(text).key}` };
  const listed = JSON.parse((await send('/v1/models', null, own)).text).data;
  assert.deepEqual(
    listed.map(({ id }: { id: string }) => id),
    ['mini'],
  );
  const info = JSON.parse((await send('/model/info', null, own)).text).data;
  assert.deepEqual(
    info.map((one: { model_name: string }) => one.model_name),
    ['mini'],
  );
  const one = await send('/v1/models/mini', null, own);
  assert.deepEqual([one.status, JSON.parse(one.text).id], [200, 'mini']);
  const theirs = await send('/v1/models/sonnet', null, own);
  assert.deepEqual([theirs.status, theirs.headers['x-clincher-reason']], [404, 'model-unknown']);
  assert.doesNotMatch(theirs.text, /sonnet/);
});

test('a model is found by its name, encoded where a path needs it, and nothing else is', async () => {
  const found = async (path: string, headers: object = bearer) => {
    const { status, text, record } = await send(path, null, headers);
    const { id = null, type, object } = JSON.parse(text);
    return [status, id, status === 200 ? (object ?? type) : record.reason];
  };
  const anthropic = { 'x-api-key': virtualKey };
  assert.deepEqual(await found('/v1/models/mini'), [200, 'mini', 'model']);
  assert.deepEqual(await found('/models/sonnet', anthropic), [200, 'sonnet', 'model']);
  const encoded = `/v1/models/${encodeURIComponent('gr\u00fc\u00df \u4f60')}`;
  assert.deepEqual(await found(encoded), [200, 'gr\u00fc\u00df \u4f60', 'model']);
  assert.deepEqual(await found('/v1/models/'), [404, null, 'model-unknown']);
  assert.deepEqual(await found('/v1/models/mini/x'), [404, null, 'model-unknown']);
  assert.deepEqual(await found('/v1/models/%E0'), [404, null, 'model-unknown']);
  assert.deepEqual(await found('/v1/modelsmini'), [404, null, 'path-unknown']);
});

test('health is told without asking a provider', async () => {
  const before = provider.requests.length;
  const { text } = await send('/health', null);
  const { healthy_count, unhealthy_count } = JSON.parse(text);
  assert.deepEqual([healthy_count, unhealthy_count], [3, 0]);
  assert.equal((await send('/health', null, {})).status, 401);
  assert.equal((await send('/health/liveliness', null, {})).text, '"I\'m alive!"');
  assert.equal((await send('/health/readiness', null, {})).status, 200);
  assert.equal(provider.requests.length, before);
});

test('metrics are on the listener that says so, and on no other', async () => {
  assert.equal((await send('/metrics', null)).status, 404);
  const { status, text } = await send('/metrics', null, {}, stack.otherUrl);
  assert.equal(status, 200);
  assert.match(text, /^clincher_llm_spend_usd_total\{/m);
});

test('an endpoint for keys that refuses says why in the header and in the record', async () => {
  const master = { authorization: `Bearer ${otherKey}` };
  const { status, headers, record } = await send('/key/info?key=sk-nobody', null, master);
  assert.deepEqual([status, headers['x-clincher-reason']], [404, 'request-malformed']);
  assert.deepEqual([record.verdict, record.reason], ['deny', 'request-malformed']);
  assert.equal((await send('/key/list', null, master)).headers['x-clincher-reason'], undefined);
});

test('a key that is blocked is refused, and its use is an alarm', async () => {
  const master = { authorization: `Bearer ${otherKey}` };
  const { key } = JSON.parse((await send('/key/generate', '{"key_alias":"ci"}', master)).text);
  const own = { authorization: `Bearer ${key}` };
  assert.equal((await send('/v1/models', null, own)).status, 200);
  await send('/key/block', JSON.stringify({ key }), master);
  const { status, record } = await send('/v1/models', null, own);
  assert.deepEqual([status, record.reason], [403, 'key-blocked']);
  const alarms = stack.lines.filter(({ event }) => event === 'alarm');
  assert.deepEqual(
    alarms.map(({ kind, subject }) => [kind, subject]),
    [['key-blocked', 'gateway']],
  );
});

test('there is no cache of answers, and that is said', async () => {
  for (const [path, body] of [
    ['/cache/ping', null],
    ['/cache/delete', '{}'],
  ] as const) {
    const { status, headers } = await send(path, body);
    assert.deepEqual([status, headers['x-clincher-reason']], [503, 'cache-absent']);
  }
});
