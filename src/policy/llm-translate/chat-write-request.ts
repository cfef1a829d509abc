// OpenAI's chat completions, written: https://platform.openai.com/docs/api-reference/chat

import type { TranslationTarget } from '../llm-translation.ts';
import type {
  Conversation,
  MediaPart,
  Part,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
} from './conversation.ts';
import type { Losses } from './losses.ts';
import { writeEffort, writeFormat } from './openai-words.ts';
import { boundOf, mediaUrl, present } from './parts.ts';

export function writeChatRequest(
  conversation: Conversation,
  target: TranslationTarget,
  losses: Losses,
): Record<string, unknown> {
  const { stream, tools, stop, topK } = conversation;
  if (topK !== null) losses.hint('top_k');
  if (stop.length > 4) losses.refuse('stop_sequences', 'may hold four texts at this model');
  return present({
    model: target.model,
    messages: conversation.turns.flatMap((turn) => writeTurn(turn, losses)),
    [target.outputKey]: boundOf(conversation, target),
    temperature: conversation.temperature,
    top_p: conversation.topP,
    stop,
    stream: stream ? true : null,
    // Asked for always: without it a streamed answer says nothing of what it cost.
    stream_options: stream ? { include_usage: true } : null,
    tools: tools.map((tool) => writeTool(tool, losses)),
    tool_choice: tools.length === 0 ? null : writeChoice(conversation.toolChoice),
    parallel_tool_calls: tools.length === 0 ? null : conversation.parallelCalls,
    reasoning_effort: writeEffort(conversation.reasoning),
    response_format: writeFormat(conversation.format, 'json_schema'),
    user: conversation.user,
    seed: conversation.seed,
    presence_penalty: conversation.presencePenalty,
    frequency_penalty: conversation.frequencyPenalty,
  });
}

function writeTurn({ role, parts }: Turn, losses: Losses): object[] {
  if (role === 'assistant') return [writeAssistant(parts, losses)];
  const messages: object[] = [];
  const spoken: (TextPart | MediaPart)[] = [];
  for (const part of parts) {
    if (part.kind === 'result') {
      const { texts, media } = splitResult(part.parts);
      if (part.isError) losses.hint('tool_result.is_error');
      messages.push({ role: 'tool', tool_call_id: part.id, content: texts });
      // A tool's message holds text alone: what it shows follows as the user's.
      if (media.length > 0) losses.hint('tool_result.content');
      spoken.push(...media);
    } else if (part.kind === 'text' || part.kind === 'image' || part.kind === 'document') {
      spoken.push(part);
    } else losses.refuse('messages', `hold a ${part.kind} in a turn that is not the assistant's`);
  }
  if (spoken.length > 0) messages.push({ role, content: writeContent(spoken, losses) });
  return messages;
}

function splitResult(parts: readonly (TextPart | MediaPart)[]) {
  const media = parts.filter((part) => part.kind !== 'text');
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  return { texts: texts.join('\n'), media };
}

function writeAssistant(parts: readonly Part[], losses: Losses): object {
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const calls = parts.flatMap((part) => (part.kind === 'call' ? [writeCall(part)] : []));
  for (const { kind } of parts) {
    if (kind === 'thinking') losses.hint('thinking');
    if (kind === 'image' || kind === 'document')
      losses.refuse('messages', 'hold media of the assistant');
  }
  const content = texts.length === 0 ? null : texts.join('');
  return { role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}

function writeCall(part: Extract<Part, { kind: 'call' }>): object {
  const { id, name, argumentsText, signature } = part;
  const inner = { name, arguments: argumentsText === '' ? '{}' : argumentsText };
  const google =
    signature === null ? {} : { extra_content: { google: { thought_signature: signature } } };
  return { id, type: 'function', function: inner, ...google };
}

function writeContent(parts: readonly (TextPart | MediaPart)[], losses: Losses): unknown {
  for (const { cache } of parts) if (cache !== null) losses.hint('cache_control');
  const [only] = parts;
  if (parts.length === 1 && only?.kind === 'text') return only.text;
  return parts.map((part) => {
    if (part.kind === 'text') return { type: 'text', text: part.text };
    if (part.kind === 'image') return { type: 'image_url', image_url: { url: mediaUrl(part) } };
    if (part.source.kind === 'url') losses.refuse('document', 'must hold its bytes at this model');
    const file = { filename: part.name ?? 'document.pdf', file_data: mediaUrl(part) };
    return { type: 'file', file };
  });
}

function writeTool(tool: Tool, losses: Losses): object {
  if (tool.cache !== null) losses.hint('cache_control');
  const { name, description, schema, strict } = tool;
  return { type: 'function', function: present({ name, description, parameters: schema, strict }) };
}

function writeChoice(choice: ToolChoice | null): unknown {
  if (choice === null) return null;
  return choice.kind === 'one'
    ? { type: 'function', function: { name: choice.name } }
    : choice.kind;
}
