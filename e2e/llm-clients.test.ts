// The clients that people build agents with, against the model proxy and, behind it, the egress
// proxy: the AI SDK of Vercel and LangChain's, each with both dialects: whole and streamed answers,
// tools, errors.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { ChatOpenAI } from '@langchain/openai';
import { APICallError, generateText, jsonSchema, type LanguageModel, streamText, tool } from 'ai';
import { demoMark } from '../src/roles/demo/reply.ts';
import { startStackBehindEgress } from '../src/testing/egress-way.ts';
import { type LlmStack, virtualKey } from '../src/testing/provider-stack.ts';

type Dialect = 'openai' | 'anthropic';

let stack: LlmStack;
before(async () => {
  stack = await startStackBehindEgress();
});
after(() => stack[Symbol.asyncDispose]());

const name = 'get_weather';
const description = 'The weather somewhere.';
const schema = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
};
const question = 'use get_weather for "Oslo"';
const model: Readonly<Record<Dialect, string>> = { openai: 'mini', anthropic: 'sonnet' };
const dialects: readonly Dialect[] = ['openai', 'anthropic'];

function ofVercel(dialect: Dialect, asked = model[dialect], apiKey = virtualKey): LanguageModel {
  const options = { baseURL: `${stack.url}/v1`, apiKey };
  return dialect === 'openai' ? createOpenAI(options).chat(asked) : createAnthropic(options)(asked);
}

function ofLangchain(dialect: Dialect, asked = model[dialect], apiKey = virtualKey) {
  const options = { model: asked, apiKey, maxRetries: 0, maxTokens: 100 };
  return dialect === 'openai'
    ? new ChatOpenAI({ ...options, configuration: { baseURL: `${stack.url}/v1` } })
    : new ChatAnthropic({ ...options, anthropicApiUrl: stack.url });
}

for (const dialect of dialects) {
  test(`the AI SDK gets a whole answer, ${dialect}`, async () => {
    const { text, usage } = await generateText({
      model: ofVercel(dialect),
      prompt: 'good morning',
    });
    assert.ok(text.startsWith(demoMark) && text.includes('good morning'), text);
    assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 0) > 0);
    assert.equal(lastDecision().settled, 'counted');
  });

  test(`the AI SDK gets a stream, ${dialect}`, async () => {
    const { textStream } = streamText({ model: ofVercel(dialect), prompt: 'good morning' });
    const pieces: string[] = [];
    for await (const piece of textStream) pieces.push(piece);
    assert.ok(pieces.length > 1, 'it came in pieces');
    assert.ok(pieces.join('').includes('good morning'));
    await recorded();
    assert.deepEqual([lastDecision().stream, lastDecision().settled], [true, 'counted']);
  });

  test(`the AI SDK runs a tool, ${dialect}`, async () => {
    const seen: unknown[] = [];
    const weather = tool({
      description,
      inputSchema: jsonSchema<{ city: string }>(schema),
      execute: async (input) => {
        seen.push(input);
        return 'rain';
      },
    });
    const steps = { stopWhen: ({ steps }: { steps: readonly unknown[] }) => steps.length === 2 };
    const { text } = await generateText({
      ...{ model: ofVercel(dialect), prompt: question, tools: { [name]: weather } },
      ...steps,
    });
    assert.equal(seen.length, 1);
    assert.match(text, /The tool answered: .*rain/);
  });

  test(`the AI SDK sees refusals with their status and reason, ${dialect}`, async () => {
    const refusals = [
      [ofVercel(dialect, 'nothing-like-it'), 404, 'model-unknown'],
      [ofVercel(dialect, undefined, 'vk-wrong'), 401, 'key-unknown'],
    ] as const;
    for (const [wrong, status, reason] of refusals) {
      const asked = generateText({ model: wrong, prompt: 'hello', maxRetries: 0 });
      await assert.rejects(asked, (error) => {
        assert.ok(APICallError.isInstance(error));
        assert.deepEqual([error.statusCode, error.isRetryable], [status, false]);
        assert.match(error.responseBody ?? '', new RegExp(reason));
        return true;
      });
    }
  });

  test(`LangChain gets a whole answer and a stream, ${dialect}`, async () => {
    const client: BaseChatModel = ofLangchain(dialect);
    const answer = await client.invoke('good morning');
    assert.ok(answer.text.startsWith(demoMark) && answer.text.includes('good morning'));
    const pieces: string[] = [];
    for await (const { text } of await client.stream('good morning')) pieces.push(text);
    assert.ok(pieces.filter((piece) => piece !== '').length > 1, 'it came in pieces');
    assert.ok(pieces.join('').includes('good morning'));
    await recorded();
    assert.equal(lastDecision().settled, 'counted');
  });

  test(`LangChain is asked for a tool, ${dialect}`, async () => {
    const weather = { type: 'function', function: { name, description, parameters: schema } };
    const { tool_calls: calls = [] } = await ofLangchain(dialect)
      .bindTools([weather])
      .invoke(question);
    assert.deepEqual(
      calls.map(({ name, args }) => [name, typeof args]),
      [[name, 'object']],
    );
  });

  test(`LangChain sees refusals with their status, ${dialect}`, async () => {
    const unknown = ofLangchain(dialect, 'nothing-like-it').invoke('hello');
    await assert.rejects(unknown, { status: 404 });
    const wrong = ofLangchain(dialect, undefined, 'vk-wrong').invoke('hello');
    await assert.rejects(wrong, { status: 401 });
  });
}

/** A streamed answer's record is written after the client has its last byte. */
async function recorded(): Promise<void> {
  const { length } = stack.provider.requests;
  const isRecorded = () =>
    stack.lines.filter(({ event, verdict }) => event === 'decision' && verdict === 'allow')
      .length >= length;
  for (let turns = 0; turns < 10_000 && !isRecorded(); turns += 1) await nextTurn();
}

function lastDecision(): Record<string, unknown> {
  const last = stack.lines.filter(({ event }) => event === 'decision').at(-1);
  assert.ok(last !== undefined);
  return last;
}
