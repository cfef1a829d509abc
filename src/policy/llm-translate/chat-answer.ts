// Answers of chat completions, whole: read from the provider, written for the client.

import type { Answer, CallPart, Stop, ThinkingPart } from './conversation.ts';
import { Fields } from './fields.ts';
import { Losses } from './losses.ts';
import { chatCounts, readCounts, writeCounts } from './openai-words.ts';
import { present, textPart } from './parts.ts';

const stopOf: Readonly<Record<string, Stop>> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'calls',
  function_call: 'calls',
  content_filter: 'refusal',
};

export function readChatStop(reason: string | null): Stop {
  return reason !== null && Object.hasOwn(stopOf, reason) ? (stopOf[reason] ?? 'end') : 'end';
}

export function writeChatStop(stop: Stop): string {
  if (stop === 'calls') return 'tool_calls';
  if (stop === 'refusal') return 'content_filter';
  return stop === 'length' ? 'length' : 'stop';
}

/** The first choice: a translation asks for no more. */
export function readChatAnswer(body: unknown): Answer {
  const fields = new Fields(body, '', new Losses());
  const choice = fields.each('choices')[0] ?? null;
  const message = choice?.inner('message') ?? null;
  const refusal = message?.text('refusal') ?? null;
  const calls = message?.each('tool_calls').map(readCall) ?? [];
  const texts = [message?.text('content') ?? '', refusal ?? ''].filter((text) => text !== '');
  const thought = message?.text('reasoning_content') ?? message?.text('reasoning') ?? '';
  const stop = readChatStop(choice?.text('finish_reason') ?? null);
  return {
    id: fields.text('id') ?? '',
    model: fields.text('model') ?? '',
    parts: [...readThought(thought), ...texts.map((text) => textPart(text)), ...calls],
    // Some say `stop` though they call.
    stop: calls.length > 0 && stop === 'end' ? 'calls' : refusal !== null ? 'refusal' : stop,
    stopSequence: null,
    counts: readCounts(fields.value('usage'), chatCounts),
  };
}

function readThought(text: string): ThinkingPart[] {
  return text === '' ? [] : [{ kind: 'thinking', text, signature: null, isRedacted: false }];
}

function readCall(call: Fields): CallPart {
  const inner = call.inner('function');
  const google = call.inner('extra_content')?.inner('google') ?? null;
  return {
    kind: 'call',
    id: call.text('id') ?? '',
    name: inner?.text('name') ?? '',
    argumentsText: inner?.text('arguments') ?? '',
    signature: google?.text('thought_signature') ?? null,
    cache: null,
  };
}

export function writeChatAnswer(answer: Answer, createdSeconds: number): Record<string, unknown> {
  const texts = answer.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const thoughts = answer.parts.filter((part) => part.kind === 'thinking');
  const calls = answer.parts.filter((part) => part.kind === 'call');
  const message = {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join(''),
    refusal: null,
    ...present({
      reasoning_content: thoughts.map(({ text }) => text).join('') || null,
      thinking_blocks: thoughts.filter(({ signature }) => signature !== null).map(writeThought),
      tool_calls: calls.map(writeCall),
    }),
  };
  const finish = writeChatStop(answer.stop);
  return {
    id: answer.id,
    object: 'chat.completion',
    created: createdSeconds,
    model: answer.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage: writeCounts(answer.counts, chatCounts),
  };
}

export function writeThought({ text, signature, isRedacted }: ThinkingPart): object {
  return isRedacted
    ? { type: 'redacted_thinking', data: signature }
    : { type: 'thinking', thinking: text, signature };
}

export function writeCall({ id, name, argumentsText, signature }: CallPart): object {
  const google =
    signature === null ? {} : { extra_content: { google: { thought_signature: signature } } };
  return { id, type: 'function', function: { name, arguments: argumentsText }, ...google };
}
