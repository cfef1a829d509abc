// Model calls through the real egress proxy: the official clients, one request id in both records,
// a host that is not allowed, a certificate that is not the provider's, a name that leads nowhere.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type EgressWay, openEgressWay } from '../src/testing/egress-way.ts';
import { startProvider, type TestProvider } from '../src/testing/provider.ts';
import { askModel, lastDecision } from '../src/testing/provider-calls.ts';
import { providerHost, startLlmStack, virtualKey } from '../src/testing/provider-stack.ts';

let provider: TestProvider;
let egress: EgressWay;

before(async () => {
  provider = await startProvider([providerHost]);
  const leads = [providerHost, 'stranger.test'];
  egress = await openEgressWay(provider, leads, [...leads, 'nowhere.test']);
});
after(async () => {
  await egress[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const startStack = (host = providerHost) =>
  startLlmStack({
    provider,
    egress: egress.address,
    settings: (input) => ({
      ...input,
      providers: (input.providers as { baseUrl: string }[]).map((one) => ({
        ...one,
        baseUrl: `https://${host}:${provider.port}`,
      })),
    }),
  });

test('the official clients get their streams through the egress proxy', async () => {
  await using stack = await startStack();
  const openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: virtualKey });
  const said = { role: 'user' as const, content: 'good morning' };
  const chunks = await openai.chat.completions.create({
    model: 'mini',
    stream: true,
    messages: [said],
  });
  let text = '';
  for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? '';
  assert.match(text, /good morning/);
  const anthropic = new Anthropic({ baseURL: stack.url, apiKey: virtualKey, authToken: null });
  const message = anthropic.messages.stream({ model: 'sonnet', max_tokens: 50, messages: [said] });
  assert.match(await message.finalText(), /good morning/);
});

test('one request id is in the record of both proxies and reaches the provider and the client', async () => {
  await using stack = await startStack();
  const { status, headers } = await askModel(stack);
  assert.equal(status, 200);
  const requestId = headers['x-request-id'];
  assert.equal((await lastDecision(stack, 1)).requestId, requestId);
  assert.equal(provider.requests.at(-1)?.headers['x-request-id'], requestId);
  while (!egress.lines.some((line) => line.requestId === requestId)) {
    await new Promise((next) => setImmediate(next));
  }
});

// None of these calls was made, so none costs anything.
const failures: readonly [
  name: string,
  host: string,
  reason: string,
  egressReason: RegExp | null,
][] = [
  ['a host that egress does not allow', 'elsewhere.test', 'egress-denied', /host/],
  ['a name that leads nowhere', 'nowhere.test', 'upstream-unreachable', /unresolvable/],
  ['a certificate of another name', 'stranger.test', 'upstream-unreachable', null],
];

for (const [name, host, reason, egressReason] of failures) {
  test(`${name} ends in a refusal that says so, and costs nothing`, async () => {
    await using stack = await startStack(host);
    const count = provider.requests.length;
    const { status, headers, answer } = await askModel(stack);
    assert.deepEqual([status, headers['x-clincher-reason']], [502, reason]);
    assert.equal(JSON.parse(answer).request_id, headers['x-request-id']);
    // What the system said is for the log: it names addresses and certificates.
    assert.doesNotMatch(answer, /altnames|127\.0\.0\.1/);
    const record = await lastDecision(stack, 1);
    assert.deepEqual([record.settled, record.spendNanoUsd], ['unsent', 0]);
    assert.match(String(record.egressReason ?? ''), egressReason ?? /^$/);
    assert.equal(provider.requests.length, count);
  });
}

test('without an egress proxy nothing is dialled', async () => {
  await using stack = await startLlmStack({ provider, egress: `${egress.address}-gone` });
  const count = provider.requests.length;
  const { status, headers } = await askModel(stack);
  assert.deepEqual([status, headers['x-clincher-reason']], [502, 'upstream-unreachable']);
  assert.equal(provider.requests.length, count);
});
