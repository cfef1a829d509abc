// Every name that the list promises is there as LiteLLM has it, with the numbers that clincher's
// own metrics have; no other is, and none of them where they are not asked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExposition } from '../../../policy/exposition.ts';
import { askModel, modelBody, moneyOf } from '../../../testing/provider-calls.ts';
import { type LlmStack, startLlmStack } from '../../../testing/provider-stack.ts';
import { sharedProvider, sharedStack } from '../../../testing/shared-provider.ts';
import { litellmAbsent, litellmBuckets, litellmMetrics, litellmNone } from './metric-list.ts';

const provider = await sharedProvider();
const stack = await sharedStack({
  provider,
  settings: (input) => ({
    ...input,
    litellmMetrics: true,
    cache: { mode: 'exact' },
    budgets: [
      { limitNanoUsd: 10_000_000_000, window: 'day', at: 'a' },
      { by: 'key', limitNanoUsd: 4_000_000_000, window: 'day', at: 'b' },
      { by: 'key', limitNanoUsd: 3_000_000_000, window: 'month', at: 'c' },
    ],
  }),
});

const cacheUsage = { cache_read_input_tokens: 4, cache_creation_input_tokens: 3 };
const usage = { input_tokens: 10, output_tokens: 1, ...cacheUsage };

async function samples(of: LlmStack) {
  const { families } = parseExposition(await of.telemetry.metrics.metrics(), 100_000);
  return families.filter(({ name }) => name.startsWith('litellm_'));
}

async function totalOf(name: string, labels: Readonly<Record<string, string>> = {}) {
  const family = (await samples(stack)).find((one) => name.startsWith(one.name));
  const found = (family?.samples ?? []).filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels.get(label) === value),
  );
  return found.reduce((sum, { value }) => sum + Number(value), 0);
}

const stream =
  `data: {"type":"message_start","message":{"usage":${JSON.stringify(usage)}}}\n\n` +
  'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}' +
  '\n\ndata: {"type":"message_stop"}\n\n';

async function makeCalls(): Promise<void> {
  const body = modelBody.replace('{', '{"stream":true,');
  provider.respond = (_, response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream);
  for (const _ of [1, 2]) assert.equal((await askModel(stack, { body })).status, 200);
  provider.respond = (_, response) => void response.writeHead(400).end('{"error":"no"}');
  assert.equal((await askModel(stack, { body: body.replace('hi', 'no') })).status, 400);
  const other = body.replace('sonnet', 'nobody-has-this');
  assert.equal((await askModel(stack, { body: other })).status, 404);
  assert.equal((await askModel(stack, { key: 'sk-nobody' })).status, 401);
}

test('each promised metric is there with its type and labels, and no other of that kind', async () => {
  await makeCalls();
  const families = await samples(stack);
  assert.deepEqual(families.map(({ name }) => name).toSorted(), Object.keys(litellmMetrics).sort());
  for (const { name, type, samples: found } of families) {
    const told = litellmMetrics[name as keyof typeof litellmMetrics];
    assert.equal(type, told.type, name);
    for (const { labels } of found) {
      const names = [...labels.keys()].filter((label) => label !== 'le');
      assert.deepEqual(names.toSorted(), told.labels.toSorted(), name);
    }
    if (type !== 'histogram') continue;
    const buckets = new Set(found.flatMap(({ labels }) => labels.get('le') ?? []));
    assert.deepEqual([...buckets], [...litellmBuckets.map(String), '+Inf'], name);
  }
  const absent = Object.values(litellmAbsent).flat();
  assert.equal(new Set([...absent, ...Object.keys(litellmMetrics)]).size, 63 + 22, 'all 85 of its');
});

test('they count what clincher counts, in LiteLLM’s units', async () => {
  const spent = await totalOf('litellm_spend_metric_total', { model: 'claude-real-1' });
  assert.ok(spent > 0);
  assert.equal(Math.round(spent * 1e9), (await moneyOf(stack)).spent);
  assert.equal(await totalOf('litellm_input_tokens_metric_total'), 17);
  assert.equal(await totalOf('litellm_output_tokens_metric_total'), 2);
  assert.equal(await totalOf('litellm_total_tokens_metric_total'), 19);
  assert.equal(await totalOf('litellm_input_cached_tokens_metric_total'), 4);
  assert.equal(await totalOf('litellm_input_cache_creation_tokens_metric_total'), 3);
  const asked = (labels: Readonly<Record<string, string>>) =>
    totalOf('litellm_proxy_total_requests_metric_total', labels);
  assert.equal(await asked({ status_code: '200', route: '/v1/messages' }), 2);
  assert.equal(await asked({ status_code: '404', requested_model: 'other' }), 1);
  assert.equal(await asked({ status_code: '401', api_key_alias: litellmNone }), 1);
  assert.equal(await asked({ user: litellmNone, hashed_api_key: litellmNone }), 5);
  assert.equal(await totalOf('litellm_proxy_failed_requests_metric_total'), 3);
  assert.equal(await totalOf('litellm_cache_hits_metric_total'), 1);
  assert.equal(await totalOf('litellm_cache_misses_metric_total'), 1);
  const at = { requested_model: 'sonnet', api_provider: 'claude', api_key_alias: 'agent' };
  assert.equal(await totalOf('litellm_deployment_total_requests_total', at), 2);
  assert.equal(await totalOf('litellm_deployment_success_responses_total', at), 1);
  const refused = { ...at, exception_status: '400' };
  assert.equal(await totalOf('litellm_deployment_failure_responses_total', refused), 1);
  for (const name of ['llm_api_latency_metric', 'llm_api_time_to_first_token_metric']) {
    assert.equal(await totalOf(`litellm_${name}_count`, at), 1);
    assert.ok((await totalOf(`litellm_${name}_sum`, at)) < 60, 'in seconds');
  }
});

test('of a key’s several budgets the scarcest is shown, in dollars and hours', async () => {
  const of = (what: string) =>
    totalOf(`litellm_${what}_metric`, { api_key_alias: 'agent', hashed_api_key: litellmNone });
  assert.equal(await of('api_key_max_budget'), 3);
  const left = await of('remaining_api_key_budget');
  assert.ok(left < 3 && left > 2.99, `${left}`);
  const hours = await of('api_key_budget_remaining_hours');
  assert.ok(hours > 0 && hours <= 31 * 24, `${hours}`);
  assert.equal(await totalOf('litellm_deployment_state'), 0);
});

test('nothing that a client sent is in a label, nor an address', async () => {
  const text = await stack.telemetry.metrics.metrics();
  assert.doesNotMatch(text, /nobody-has-this|sk-nobody|127\.0\.0\.1|provider\.test/);
});

test('where they are not asked for none of them is there', async () => {
  await using quiet = await startLlmStack({ provider });
  assert.equal((await samples(quiet)).length, 0);
});
