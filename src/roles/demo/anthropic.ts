// The demonstration's answers in the form of Anthropic's messages, whole and streamed.

import type { Conversation } from './conversation.ts';
import { demoTokens, type Reply } from './reply.ts';

export function anthropicAnswer({ model }: Conversation, reply: Reply, id: string): unknown {
  const { text, toolCall } = reply;
  const called = toolCall === null ? [] : [{ type: 'tool_use', id: `toolu_${id}`, ...toolCall }];
  return {
    ...head(model, id),
    content: [{ type: 'text', text }, ...called],
    stop_reason: stopOf(reply),
    stop_sequence: null,
    usage: usageOf(reply, reply.outputTokens),
  };
}

interface DemoEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * Each has its name in `type`. Order: message_start, per block start, deltas, stop; delta;
 * message_stop.
 */
export function anthropicEvents(
  { model }: Conversation,
  reply: Reply,
  id: string,
): readonly DemoEvent[] {
  const { text, toolCall } = reply;
  const blank = { content: [], stop_reason: null, stop_sequence: null };
  const message = { ...head(model, id), ...blank, usage: usageOf(reply, 1) };
  const events: DemoEvent[] = [{ type: 'message_start', message }];
  const texts = demoTokens(text).map((part) => ({ type: 'text_delta', text: part }));
  events.push(...block(0, { type: 'text', text: '' }, texts), { type: 'ping' });
  if (toolCall !== null) {
    const json = JSON.stringify(toolCall.input);
    const middle = Math.ceil(json.length / 2);
    const parts = [json.slice(0, middle), json.slice(middle)];
    const deltas = parts.map((part) => ({ type: 'input_json_delta', partial_json: part }));
    const start = { type: 'tool_use', id: `toolu_${id}`, name: toolCall.name, input: {} };
    events.push(...block(1, start, deltas));
  }
  const delta = { stop_reason: stopOf(reply), stop_sequence: null };
  const usage = { output_tokens: reply.outputTokens };
  return [...events, { type: 'message_delta', delta, usage }, { type: 'message_stop' }];
}

function block(index: number, content: unknown, deltas: readonly unknown[]): DemoEvent[] {
  return [
    { type: 'content_block_start', index, content_block: content },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function head(model: string, id: string) {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model };
}

function stopOf({ toolCall, isCut }: Reply): string {
  if (toolCall !== null) return 'tool_use';
  return isCut ? 'max_tokens' : 'end_turn';
}

function usageOf({ inputTokens }: Reply, outputTokens: number) {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
  };
}
