// What the proxy looks out for, with a real provider behind it: secrets in prompts, loops,
// heartbeats, sessions with a budget of their own, keys that were made while it runs.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { askModel, lastDecision, modelBody, worstOf } from '../../../testing/provider-calls.ts';
import { type LlmStack, realKey, startLlmStack } from '../../../testing/provider-stack.ts';
import { sharedProvider } from '../../../testing/shared-provider.ts';
import { SpendBook } from '../spend/spend-query.ts';

const provider = await sharedProvider();

type Settings = Record<string, unknown>;

function bodyOf(text: string, more: object = {}): string {
  const messages = [{ role: 'user', content: text }];
  return JSON.stringify({ model: 'sonnet', max_tokens: 100, messages, ...more });
}

const lastBody = () => provider.requests.at(-1)?.body.toString() ?? '';

test('a secret in a prompt does not leave: it is written over, and somebody hears of it', async () => {
  await using stack = await startLlmStack({ provider });
  const encoded = Buffer.from(`KEY=${realKey}\n`).toString('base64');
  const { status } = await askModel(stack, { body: bodyOf(`see ${realKey} and ${encoded} ok`) });
  assert.equal(status, 200);
  const { messages } = JSON.parse(lastBody()) as { messages: { content: string }[] };
  assert.match(messages[0]?.content ?? '', /^see \*{29} and S0VZPX\*+Cg== ok$/);
  assert.equal((await lastDecision(stack, 1)).secretsMasked, 2);
  assert.match(
    await stack.telemetry.metrics.metrics(),
    /clincher_llm_alarms_total\{kind="secret-in-prompt".*\} 1/,
  );
});

test('or the request is refused, where that is the rule', async () => {
  const settings = (input: Settings) => ({ ...input, guards: { secrets: 'refuse' } });
  await using stack = await startLlmStack({ provider, settings });
  const count = provider.requests.length;
  const { status, headers } = await askModel(stack, { body: bodyOf(`see ${realKey}`) });
  assert.deepEqual([status, headers['x-clincher-reason']], [403, 'secret-in-prompt']);
  assert.equal(provider.requests.length, count);
});

/** As the stack has it: llm holds the marks, and neither of the two. */
function withMarks(input: Settings) {
  const marks = [
    { name: 'gateway-token', mark: gatewayToken.slice(11, 27), kind: 'token' },
    { name: 'sandbox-client-key', mark: keyLine.slice(30, 46), kind: 'key' },
  ];
  writeFileSync(join(String(input.secretsDir), 'secret-marks'), JSON.stringify(marks));
  return { ...input, guards: { marks: 'secret-marks' } };
}
const gatewayToken = 'q7ZrLm-9xKe2WvB4Tn8YsPd3GhJ6Kc1Rf5Ua0Xi_oEw';
const keyLine = 'MC4CAQAwBQYDK2VwBCIEIPb1NcVx5zLk8JhG2fDs9QwErTyU4iOp3AaSsDdFfGgH';

test('a secret that llm does not hold is known by its mark: a token is masked, a key refused', async () => {
  await using stack = await startLlmStack({ provider, settings: withMarks });
  const encoded = Buffer.from(`TOKEN=${gatewayToken}`).toString('hex');
  assert.equal(
    (await askModel(stack, { body: bodyOf(`a ${encoded} b ${gatewayToken} c`) })).status,
    200,
  );
  const { messages } = JSON.parse(lastBody()) as { messages: { content: string }[] };
  assert.match(messages[0]?.content ?? '', /^a \*{86,98} b \*{43} c$/);
  const count = provider.requests.length;
  const { status, headers } = await askModel(stack, { body: bodyOf(`see\n${keyLine}\n`) });
  assert.deepEqual([status, headers['x-clincher-reason']], [403, 'secret-in-prompt']);
  assert.equal(provider.requests.length, count);
  const [alarm] = stack.lines.filter(({ kind }) => kind === 'secret-in-prompt');
  assert.equal(alarm?.secrets, 'gateway-token');
  assert.doesNotMatch(JSON.stringify(stack.lines), /q7ZrLm/);
});

test('without marks that can be read it does not start', async () => {
  const settings = (input: Settings) => {
    const marked = withMarks(input);
    writeFileSync(join(String(input.secretsDir), 'secret-marks'), '[{"name":"x"}]');
    return marked;
  };
  await assert.rejects(startLlmStack({ provider, settings }), { code: 'settings-invalid' });
});

test("the provider's own tools are refused where that is the rule", async () => {
  const settings = (input: Settings) => ({ ...input, guards: { providerTools: 'refuse' } });
  await using stack = await startLlmStack({ provider, settings });
  const tools = [{ type: 'web_fetch_20250910', name: 'web_fetch', max_uses: 1 }];
  const { status, headers, answer } = await askModel(stack, { body: bodyOf('go', { tools }) });
  assert.deepEqual([status, headers['x-clincher-reason']], [403, 'provider-tool-refused']);
  assert.match(answer, /guards: \{ providerTools: allow \}/);
});

test('the same request again and again is a loop; others are none', async () => {
  const loops = { repeats: 3, withinMs: 60_000, action: 'refuse' };
  const settings = (input: Settings) => ({ ...input, guards: { loops } });
  await using stack = await startLlmStack({ provider, settings });
  const statuses: unknown[] = [];
  for (let n = 0; n < 5; n++) {
    statuses.push((await askModel(stack, { body: bodyOf('again') })).status);
    assert.equal((await askModel(stack, { body: bodyOf(`other ${n}`) })).status, 200);
  }
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  const { headers } = await askModel(stack, { body: bodyOf('again') });
  assert.equal(headers['x-clincher-reason'], 'loop-detected');
  assert.equal(headers['x-should-retry'], 'false');
});

test('tools that give the same in turns are a loop, whatever is said in between', async () => {
  const loops = { repeats: 4, withinMs: 60_000, action: 'refuse' };
  const settings = (input: Settings) => ({ ...input, guards: { loops } });
  await using stack = await startLlmStack({ provider, settings });
  const statuses: unknown[] = [];
  const messages: object[] = [{ role: 'user', content: 'go' }];
  for (let n = 0; n < 4; n++) {
    const input = { path: n % 2 === 0 ? '/a' : '/b' };
    const call = { type: 'tool_use', id: `t${n}`, name: 'read', input };
    const said = { role: 'assistant', content: [{ type: 'text', text: `once more, ${n}` }, call] };
    const result = { type: 'tool_result', tool_use_id: `t${n}`, content: 'not there' };
    messages.push(said, { role: 'user', content: [result] });
    statuses.push((await askModel(stack, { body: bodyOf('', { messages }) })).status);
  }
  assert.deepEqual(statuses, [200, 200, 200, 429]);
});

const beat = 'Follow the heartbeat monitor scratch context when provided.';

test('a heartbeat gets the model that is set for it, and is shown apart', async () => {
  const settings = (input: Settings) => {
    const [first] = input.models as Settings[];
    const [deployment] = (first?.deployments ?? []) as Settings[];
    const price = { inputNanoUsd: 30, outputNanoUsd: 150 };
    const cheap = { name: 'cheap', deployments: [{ ...deployment, model: 'small-1', price }] };
    const models = [...(input.models as Settings[]), cheap];
    return { ...input, models, guards: { heartbeats: { model: 'cheap' } } };
  };
  await using stack = await startLlmStack({ provider, settings });
  await askModel(stack, { body: bodyOf('hello', { metadata: { user_id: 'u_session_abcdefgh' } }) });
  assert.equal(JSON.parse(lastBody()).model, 'claude-real-1');
  await askModel(stack, { body: bodyOf(beat) });
  assert.equal(JSON.parse(lastBody()).model, 'small-1');
  const { heartbeat, spendNanoUsd } = await lastDecision(stack, 2);
  assert.equal(heartbeat, true);
  using book = new SpendBook(stack.settings.stateDir);
  const all = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER };
  assert.equal(await settledHeartbeats(book, Number(spendNanoUsd)), spendNanoUsd);
  assert.deepEqual(
    book.by('session', all, 10).map(({ name, calls }) => [name, calls]),
    [
      ['abcdefgh', 1],
      ['', 1],
    ],
  );
});

/** A settlement waits for nobody, so it may be written a moment after the answer. */
async function settledHeartbeats(book: SpendBook, wanted: number): Promise<number> {
  const all = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER };
  const until = performance.now() + 2_000;
  while (book.total(all).heartbeatNanoUsd < wanted && performance.now() < until) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return book.total(all).heartbeatNanoUsd;
}

test('a session has its own budget beside that on everything', async () => {
  const limitNanoUsd = worstOf(modelBody) + 1;
  const settings = (input: Settings) => ({
    ...input,
    budgets: [
      ...(input.budgets as Settings[]),
      { by: 'session', window: 'total', limitNanoUsd, at: 'clincher.yaml:9:1' },
    ],
  });
  await using stack = await startLlmStack({ provider, settings });
  const asking = (session: string) => askModel(stack, { headers: { session_id: session } });
  assert.equal((await asking('a')).status, 200);
  const { status, answer } = await asking('a');
  assert.equal(status, 402);
  assert.match(answer, /in total for each session \(clincher\.yaml:9:1\)/);
  assert.equal((await asking('b')).status, 200);
});

async function admin(stack: LlmStack, path: string, body: unknown, key = 'sk-master-key') {
  const headers = { authorization: `Bearer ${key}` };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${stack.url}${path}`, request);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test('a key made over HTTP is good at once, for its models and its budget', async () => {
  const secrets = {
    'agent-key': 'vk-x',
    'provider-claude-key': realKey,
    'master-key': 'sk-master-key',
  };
  const settings = (input: Settings) => ({ ...input, masterKey: 'master-key' });
  await using stack = await startLlmStack({ provider, secrets, settings });
  assert.equal((await admin(stack, '/key/generate', {}, 'vk-x')).status, 401);
  const made = await admin(stack, '/key/generate', { models: ['sonnet'], max_budget: 1 });
  assert.equal(made.status, 200);
  const key = String(made.body.key);
  assert.equal((await askModel(stack, { key })).status, 200);
  const mini = bodyOf('hi').replace('sonnet', 'mini');
  const refused = await askModel(stack, { key, body: mini });
  assert.deepEqual(
    [refused.status, refused.headers['x-clincher-reason']],
    [403, 'model-not-allowed'],
  );
  assert.equal((await lastDecision(stack, 4)).key, made.body.name);
  await admin(stack, '/key/block', { key });
  const blocked = await askModel(stack, { key });
  assert.deepEqual([blocked.status, blocked.headers['x-clincher-reason']], [403, 'key-blocked']);
  const files = ['keys.sqlite', 'keys.sqlite-wal'].map((one) => join(stack.settings.stateDir, one));
  for (const file of files) assert.equal((await readFile(file)).includes(key), false);
});
