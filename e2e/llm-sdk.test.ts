// The official OpenAI and Anthropic clients against the model proxy and, behind it, the egress
// proxy: whole and streamed answers, tools, errors.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { demoMark } from '../src/roles/demo/reply.ts';
import { startStackBehindEgress } from '../src/testing/egress-way.ts';
import { type LlmStack, realKey, virtualKey } from '../src/testing/provider-stack.ts';

let stack: LlmStack;
let openai: OpenAI;
let anthropic: Anthropic;

before(async () => {
  stack = await startStackBehindEgress();
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: virtualKey });
  anthropic = new Anthropic({ baseURL: stack.url, apiKey: virtualKey, authToken: null });
});
after(() => stack[Symbol.asyncDispose]());

const weather = {
  name: 'get_weather',
  description: 'The weather somewhere.',
  schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' } },
    required: ['city'],
  },
};
const openaiTool = {
  type: 'function' as const,
  function: { name: weather.name, description: weather.description, parameters: weather.schema },
};
const anthropicTool = {
  name: weather.name,
  description: weather.description,
  input_schema: weather.schema,
};
const question = { role: 'user' as const, content: 'use get_weather for "Oslo"' };

test('the OpenAI client gets a whole answer', async () => {
  const answer = await openai.chat.completions.create({
    model: 'mini',
    messages: [{ role: 'user', content: 'good morning' }],
  });
  assert.match(answer.choices[0]?.message.content ?? '', /good morning/);
  assert.ok(answer.choices[0]?.message.content?.startsWith(demoMark));
  assert.equal(answer.model, 'gpt-real-1');
});

test('the OpenAI client gets a stream, without a count it did not ask for', async () => {
  const stream = await openai.chat.completions.create({
    model: 'mini',
    stream: true,
    messages: [{ role: 'user', content: 'good morning' }],
  });
  let text = '';
  for await (const chunk of stream) {
    assert.equal(chunk.choices.length, 1);
    text += chunk.choices[0]?.delta.content ?? '';
  }
  assert.match(text, /good morning/);
  const sent = JSON.parse(stack.provider.requests.at(-1)?.body.toString() ?? '');
  assert.deepEqual(sent.stream_options, { include_usage: true });
  assert.equal(lastDecision().settled, 'counted');
});

test('the OpenAI client gets the count it asked for', async () => {
  const stream = await openai.chat.completions.create({
    model: 'mini',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'good morning' }],
  });
  let tokens = 0;
  for await (const chunk of stream) tokens += chunk.usage?.completion_tokens ?? 0;
  assert.ok(tokens > 0);
});

test('the OpenAI client runs a tool, streamed', async () => {
  const stream = openai.chat.completions.stream({
    model: 'mini',
    messages: [question],
    tools: [openaiTool],
  });
  const asked = (await stream.finalChatCompletion()).choices[0]?.message;
  const call = asked?.tool_calls?.[0];
  assert.ok(asked && call?.type === 'function');
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Oslo' });
  const answer = await openai.chat.completions.create({
    model: 'mini',
    tools: [openaiTool],
    messages: [question, asked, { role: 'tool', tool_call_id: call.id, content: 'rain' }],
  });
  assert.match(answer.choices[0]?.message.content ?? '', /The tool answered: "rain"/);
});

test('the Anthropic client gets a whole answer', async () => {
  const answer = await anthropic.messages.create({
    model: 'sonnet',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'good morning' }],
  });
  const [block] = answer.content;
  assert.ok(block?.type === 'text');
  assert.match(block.text, /good morning/);
  assert.ok(answer.usage.output_tokens > 0);
});

test('the Anthropic client runs a tool, streamed, with beta headers', async () => {
  const stream = anthropic.beta.messages.stream({
    model: 'sonnet',
    max_tokens: 100,
    betas: ['interleaved-thinking-2025-05-14'],
    messages: [question],
    tools: [anthropicTool],
  });
  const asked = await stream.finalMessage();
  const call = asked.content.find((block) => block.type === 'tool_use');
  assert.deepEqual(call?.input, { city: 'Oslo' });
  const received = stack.provider.requests.at(-1);
  assert.equal(received?.headers['anthropic-beta'], 'interleaved-thinking-2025-05-14');
  const answer = await anthropic.messages.create({
    model: 'sonnet',
    max_tokens: 100,
    tools: [anthropicTool],
    messages: [
      question,
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain' }] },
    ],
  });
  assert.match(JSON.stringify(answer.content), /The tool answered/);
});

test('both clients list every model: what speaks the other dialect is translated', async () => {
  const ours = await openai.models.list();
  const theirs = await anthropic.models.list();
  for (const { data } of [ours, theirs]) {
    const ids = data.map(({ id }: { readonly id: string }) => id);
    assert.deepEqual(ids.toSorted(), ['mini', 'sonnet']);
  }
  const found = [await openai.models.retrieve('sonnet'), await anthropic.models.retrieve('mini')];
  assert.deepEqual(
    found.map(({ id }) => id),
    ['sonnet', 'mini'],
  );
  await assert.rejects(openai.models.retrieve('no'), OpenAI.NotFoundError);
});

test('the clients see refusals as errors of their own kind', async () => {
  const wrong = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'wrong' });
  const ask = { model: 'mini', messages: [{ role: 'user' as const, content: 'x' }] };
  await assert.rejects(wrong.chat.completions.create(ask), OpenAI.AuthenticationError);
  await assert.rejects(
    openai.chat.completions.create({ ...ask, model: 'no' }),
    OpenAI.NotFoundError,
  );
  const said = { role: 'user' as const, content: 'x' };
  await assert.rejects(
    anthropic.messages.create({ model: 'no', max_tokens: 1, messages: [said] }),
    (error) => error instanceof Anthropic.NotFoundError && error.requestID !== undefined,
  );
});

test("the provider gets its own key and never the client's", () => {
  assert.ok(stack.provider.requests.length > 5);
  for (const { rawHeaders, headers, url } of stack.provider.requests) {
    assert.ok(!rawHeaders.join('\n').includes(virtualKey));
    const key = url.startsWith('/v1/messages') ? headers['x-api-key'] : headers.authorization;
    assert.equal(String(key).replace('Bearer ', ''), realKey);
  }
  assert.ok(!JSON.stringify(stack.lines).includes(realKey));
  assert.ok(!JSON.stringify(stack.lines).includes(virtualKey));
});

function lastDecision(): Record<string, unknown> {
  return stack.lines.findLast(({ event }) => event === 'decision') ?? {};
}
