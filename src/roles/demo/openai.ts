// The demonstration's answers in the form of OpenAI's chat completions, whole and streamed.

import type { Conversation } from './conversation.ts';
import { demoTokens, type Reply } from './reply.ts';

export interface AnswerIds {
  /** Unique to the question, the same each time. */
  readonly id: string;
  readonly createdSeconds: number;
}

export function openaiAnswer(conversation: Conversation, reply: Reply, ids: AnswerIds): unknown {
  const { toolCall } = reply;
  const message = {
    role: 'assistant',
    content: reply.text,
    refusal: null,
    ...(toolCall === null ? {} : { tool_calls: [callOf(toolCall, ids)] }),
  };
  return {
    ...head(conversation, ids, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(reply) }],
    usage: usageOf(reply),
  };
}

/** Each is the data of one event; the stream ends with `[DONE]`. */
export function openaiEvents(
  conversation: Conversation,
  reply: Reply,
  ids: AnswerIds,
): readonly string[] {
  const { toolCall } = reply;
  const chunk = (delta: unknown, finish: string | null = null) =>
    JSON.stringify({
      ...head(conversation, ids, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(conversation.countStream ? { usage: null } : {}),
    });
  const events = [chunk({ role: 'assistant', content: '' })];
  for (const content of demoTokens(reply.text)) events.push(chunk({ content }));
  if (toolCall !== null) {
    const call = callOf(toolCall, ids);
    const started = { ...call, function: { ...call.function, arguments: '' } };
    events.push(chunk({ tool_calls: [{ index: 0, ...started }] }));
    const text = call.function.arguments;
    const middle = Math.ceil(text.length / 2);
    for (const part of [text.slice(0, middle), text.slice(middle)]) {
      events.push(chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] }));
    }
  }
  events.push(chunk({}, finishOf(reply)));
  if (conversation.countStream) {
    const base = head(conversation, ids, 'chat.completion.chunk');
    events.push(JSON.stringify({ ...base, choices: [], usage: usageOf(reply) }));
  }
  return [...events, '[DONE]'];
}

function head({ model }: Conversation, { id, createdSeconds }: AnswerIds, object: string) {
  const created = createdSeconds;
  return { id: `chatcmpl-${id}`, object, created, model, system_fingerprint: 'clincher-demo' };
}

function callOf({ name, input }: NonNullable<Reply['toolCall']>, { id }: AnswerIds) {
  const described = { name, arguments: JSON.stringify(input) };
  return { id: `call_${id}`, type: 'function', function: described };
}

function finishOf({ toolCall, isCut }: Reply): string {
  if (toolCall !== null) return 'tool_calls';
  return isCut ? 'length' : 'stop';
}

function usageOf({ inputTokens, outputTokens }: Reply) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
  };
}
