// The budget at work: races for the last dollar, refusals that explain themselves, missing keys
// and ledgers.

import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemWorld } from '../../../kit/world.ts';
import { hiddenInputTokens } from '../../../policy/llm-cost.ts';
import { startProvider } from '../../../testing/provider.ts';
import {
  askModel,
  lastDecision,
  modelBody,
  moneyOf,
  worstOf,
} from '../../../testing/provider-calls.ts';
import { realKey, startLlmStack, testPrice, virtualKey } from '../../../testing/provider-stack.ts';
import { sharedProvider } from '../../../testing/shared-provider.ts';

const provider = await sharedProvider();

type Settings = Record<string, unknown>;
const withBudget = (limitNanoUsd: number) => (input: Settings) => ({
  ...input,
  budgets: [{ limitNanoUsd, window: 'day', at: 'clincher.yaml:4:1' }],
});

test('fifty calls at once against a budget for three: three are made, and no more is spent', async () => {
  const limit = 3 * worstOf(modelBody) + 1;
  await using stack = await startLlmStack({ provider, settings: withBudget(limit) });
  const waiting: ServerResponse[] = [];
  provider.respond = (_request, response) => void waiting.push(response);
  const count = provider.requests.length;
  const calls = Array.from({ length: 50 }, () => askModel(stack));
  await provider.received(count + 3);
  const usage = { input_tokens: 4_000, output_tokens: 100 };
  const release = setInterval(() => {
    for (const response of waiting.splice(0)) response.end(JSON.stringify({ usage }));
  }, 5);
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  clearInterval(release);
  assert.equal(statuses.filter((status) => status === 402).length, 47);
  assert.equal(provider.requests.length - count, 3);
  const { spent, left, reserved } = await moneyOf(stack);
  assert.equal(spent, 3 * (4_000 * 3_000 + 100 * 15_000));
  assert.ok(spent <= limit);
  assert.deepEqual([left, reserved], [limit - spent, 0]);
});

test('the refusal says what the call needs, what is left and where the limit stands', async () => {
  await using stack = await startLlmStack({ provider, settings: withBudget(1_000_000) });
  const { status, headers, answer } = await askModel(stack);
  assert.equal(status, 402);
  assert.equal(headers['x-clincher-reason'], 'budget-exhausted');
  assert.equal(headers['x-should-retry'], 'false');
  assert.match(answer, /up to \$0\.0141 .* \$0\.0010 is left of the budget of \$0\.0010 per day/);
  assert.match(answer, /clincher\.yaml:4:1/);
});

test('a limit of nothing lets nothing be spent', async () => {
  await using stack = await startLlmStack({ provider, settings: withBudget(0) });
  const count = provider.requests.length;
  assert.equal((await askModel(stack)).status, 402);
  assert.equal(provider.requests.length, count);
});

test('a provider that costs nothing and takes no key works without a budget', async () => {
  await using plain = await startProvider([], { tls: false });
  await using stack = await startLlmStack({
    provider: plain,
    settings: (input) => {
      const [first] = input.providers as Settings[];
      const free = { inputNanoUsd: 0, outputNanoUsd: 0 };
      const deployment = { provider: 'claude', model: 'qwen3', price: free };
      return {
        ...withBudget(0)(input),
        providers: [{ ...first, key: null, baseUrl: 'http://ollama.internal/base' }],
        models: [{ name: 'sonnet', deployments: [deployment] }],
      };
    },
  });
  plain.respond = (_request, response) => response.end('{}');
  assert.equal((await askModel(stack)).status, 200);
  assert.equal(plain.requests.at(-1)?.headers['x-api-key'], undefined);
  assert.equal(plain.requests.at(-1)?.url, '/base/v1/messages');
  assert.deepEqual(stack.running.health(), { ready: true });
});

test("the settled amount is the provider's count at the deployment's price", async () => {
  await using stack = await startLlmStack({ provider });
  const answer = JSON.parse((await askModel(stack)).answer);
  const { input_tokens, output_tokens } = answer.usage;
  const record = await lastDecision(stack, 1);
  assert.equal(record.spendNanoUsd, input_tokens * 3_000 + output_tokens * 15_000);
  assert.equal(record.reservedNanoUsd, worstOf(modelBody));
  assert.deepEqual([record.settled, record.output], ['counted', output_tokens]);
  assert.equal((await moneyOf(stack)).spent, record.spendNanoUsd);
});

test('a missing provider key is said with what to do, and found once it is there', async () => {
  const secrets = { 'agent-key': virtualKey, 'other-key': 'x', 'provider-gpt-key': 'y' };
  await using stack = await startLlmStack({ provider, secrets });
  const { status, headers, answer } = await askModel(stack);
  assert.deepEqual([status, headers['x-clincher-reason']], [503, 'provider-key-missing']);
  assert.match(answer, /env:CLAUDE_API_KEY is not set: export it and run `clincher up` again/);
  const health = stack.running.health();
  assert.ok(health.ready);
  assert.match(health.detail ?? '', /env:CLAUDE_API_KEY is not set/);
  await writeFile(join(stack.settings.secretsDir, 'provider-claude-key'), realKey);
  assert.equal((await askModel(stack)).status, 200);
});

test('without a ledger nothing is spent and health says why', async () => {
  const settings = (input: Settings) => ({ ...input, stateDir: `${input.stateDir}/gone` });
  const clock = { laterMs: 0 };
  const world = { ...systemWorld(), monotonicMs: () => performance.now() + clock.laterMs };
  await using stack = await startLlmStack({ provider, settings, world });
  const { status, headers } = await askModel(stack);
  assert.deepEqual([status, headers['x-clincher-reason']], [503, 'ledger-unavailable']);
  const { ready, detail } = stack.running.health();
  assert.ok(!ready);
  assert.match(detail ?? '', /ledger/);
  await mkdir(stack.settings.stateDir);
  clock.laterMs = 1_000;
  assert.equal((await askModel(stack)).status, 200);
  assert.ok(stack.running.health().ready);
});

test('stopping ends what is in flight and settles it', async () => {
  const folder = await (async () => {
    await using stack = await startLlmStack({
      provider,
      settings: withBudget(2 * worstOf(modelBody)),
    });
    provider.respond = () => {};
    const count = provider.requests.length;
    const pending = askModel(stack).catch(() => null);
    await provider.received(count + 1);
    await stack.running[Symbol.asyncDispose]();
    assert.equal(await pending, null);
    const record = await lastDecision(stack, 1);
    assert.deepEqual([record.settled, record.spendNanoUsd], ['kept', worstOf(modelBody)]);
    return stack.folder;
  })();
  await rm(folder, { recursive: true, force: true });
});

test('a further attempt goes nowhere that a budget has no room for any more', async () => {
  const usage = { input_tokens: 4_000, output_tokens: 100 };
  const answer = usage.input_tokens * 3_000 + usage.output_tokens * 15_000;
  const second = answer + 2 * worstOf(modelBody) + 1;
  await using stack = await startLlmStack({
    provider,
    settings: (input) => {
      const [claude] = input.providers as Settings[];
      const [model] = input.models as Settings[];
      const [deployment] = (model?.deployments ?? []) as Settings[];
      const { claude: dial } = input.dial as Settings;
      const { claude: ca } = input.caFiles as Settings;
      const other = { ...deployment, provider: 'second', model: 'other-1' };
      const first = { ...other, id: 'first', order: 0 };
      const late = { ...deployment, order: 1 };
      const again = { retryBilled: true, firstByteMs: 150, retries: { timeout: 3 } };
      const cooldown = { failuresMax: 0 };
      return {
        ...input,
        providers: [claude, { ...claude, name: 'second' }],
        models: [
          { name: 'sonnet', deployments: [first, late], cooldown, ...again },
          { name: 'only', deployments: [other] },
          { name: 'else', deployments: [deployment] },
        ],
        routing: { retryWaitMs: 1_000 },
        dial: { claude: dial, second: dial },
        caFiles: { claude: ca, second: ca },
        budgets: [
          ...(input.budgets as Settings[]),
          { by: 'provider', name: 'second', limitNanoUsd: second, window: 'day' },
        ],
      };
    },
  });
  const asked: string[] = [];
  let answers = true;
  provider.respond = ({ body }, response) => {
    asked.push(JSON.parse(body.toString()).model);
    if (answers) response.end(JSON.stringify({ usage }));
  };
  const body = modelBody.replace('sonnet', 'only');
  // Connections to both are there: on a busy machine a new one could take all the time that the
  // first byte has, and what was not sent is not spent.
  for (const warm of [body, modelBody.replace('sonnet', 'else')]) {
    assert.equal((await askModel(stack, { body: warm })).status, 200);
  }
  answers = false;
  const count = provider.requests.length;
  const slow = askModel(stack);
  // Both deployments take the call and say nothing; then it waits before it tries the first again.
  await provider.received(count + 2);
  answers = true;
  let isOver = false;
  void slow.finally(() => {
    isOver = true;
  });
  let status: number | undefined = 402;
  while (status === 402 && !isOver) status = (await askModel(stack, { body })).status;
  assert.equal(status, 200);
  assert.equal((await slow).status, 504);
  assert.deepEqual(asked.slice(2), ['other-1', 'claude-real-1', 'other-1']);
});

test('searches at the provider are reserved for and settled to what it counted', async () => {
  const useTokensMax = 2_000;
  const price = { ...testPrice, webSearchNanoUsd: 10_000_000, useTokensMax };
  const settings = (input: Settings) => {
    const [first, ...rest] = input.models as Settings[];
    const [deployment] = (first?.deployments ?? []) as Settings[];
    return { ...input, models: [{ ...first, deployments: [{ ...deployment, price }] }, ...rest] };
  };
  await using stack = await startLlmStack({ provider, settings });
  const tool = { type: 'web_search_20250305', name: 'web_search', max_uses: 4 };
  const body = JSON.stringify({ ...JSON.parse(modelBody), tools: [tool] });
  const usage = {
    ...{ input_tokens: 9_000, output_tokens: 30 },
    server_tool_use: { web_search_requests: 3 },
  };
  provider.respond = (_request, response) => response.end(JSON.stringify({ usage }));
  assert.equal((await askModel(stack, { body })).status, 200);
  const record = await lastDecision(stack, 1);
  const prompt = body.length + hiddenInputTokens + 4 * useTokensMax;
  assert.equal(record.reservedNanoUsd, 11 * (prompt * 3_000 + 100 * 15_000) + 4 * 10_000_000);
  const spent = 9_000 * 3_000 + 30 * 15_000 + 3 * 10_000_000;
  assert.deepEqual([record.settled, record.spendNanoUsd], ['counted', spent]);
  const endless = JSON.stringify({ ...JSON.parse(body), tools: [{ ...tool, max_uses: null }] });
  const refused = await askModel(stack, { body: endless });
  assert.equal(refused.headers['x-clincher-reason'], 'cost-unbounded');
  assert.match(refused.answer, /max_uses/);
});
