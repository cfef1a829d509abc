// OpenAI's Responses API, written: https://platform.openai.com/docs/api-reference/responses

import type { TranslationTarget } from '../llm-translation.ts';
import type {
  CallPart,
  Conversation,
  MediaPart,
  ResultPart,
  TextPart,
  ThinkingPart,
  Tool,
  ToolChoice,
  Turn,
} from './conversation.ts';
import type { Losses } from './losses.ts';
import { writeEffort, writeFormat } from './openai-words.ts';
import { boundOf, mediaUrl, present } from './parts.ts';

export function writeResponsesRequest(
  conversation: Conversation,
  target: TranslationTarget,
  losses: Losses,
): Record<string, unknown> {
  const { stop, tools, reasoning, format } = conversation;
  hintUnsupported(conversation, losses);
  if (stop.length > 0) losses.refuse('stop', 'is not known to this model');
  const effort = writeEffort(reasoning);
  return present({
    model: target.model,
    input: conversation.turns.flatMap((turn) => writeTurn(turn, losses)),
    max_output_tokens: boundOf(conversation, target),
    temperature: conversation.temperature,
    top_p: conversation.topP,
    stream: conversation.stream ? true : null,
    // The client did not ask for its words to be kept.
    store: false,
    tools: tools.map((tool) => writeTool(tool, losses)),
    tool_choice: tools.length === 0 ? null : writeChoice(conversation.toolChoice),
    parallel_tool_calls: tools.length === 0 ? null : conversation.parallelCalls,
    reasoning: effort === null ? null : { effort },
    text: format === null ? null : { format: writeFormat(format, null) },
    user: conversation.user,
  });
}

function hintUnsupported(conversation: Conversation, losses: Losses): void {
  const { topK, seed, presencePenalty, frequencyPenalty } = conversation;
  if (topK !== null) losses.hint('top_k');
  if (seed !== null) losses.hint('seed');
  if (presencePenalty !== null) losses.hint('presence_penalty');
  if (frequencyPenalty !== null) losses.hint('frequency_penalty');
}

function writeTurn({ role, parts }: Turn, losses: Losses): object[] {
  const items: object[] = [];
  let spoken: (TextPart | MediaPart)[] = [];
  const flush = () => {
    if (spoken.length > 0) {
      const content = spoken.map((part) => writeContent(part, role, losses));
      items.push({ type: 'message', role, content });
    }
    spoken = [];
  };
  for (const part of parts) {
    if (part.kind === 'text' || part.kind === 'image' || part.kind === 'document') {
      spoken.push(part);
      continue;
    }
    flush();
    items.push(...writeItem(part, losses));
  }
  flush();
  return items;
}

function writeItem(part: CallPart | ResultPart | ThinkingPart, losses: Losses): object[] {
  if (part.kind === 'thinking') {
    losses.hint('thinking');
    return [];
  }
  if (part.kind === 'call') {
    if (part.signature !== null) losses.hint('tool_calls.extra_content');
    const { id, name, argumentsText } = part;
    return [
      {
        type: 'function_call',
        call_id: id,
        name,
        arguments: argumentsText === '' ? '{}' : argumentsText,
      },
    ];
  }
  if (part.isError) losses.hint('tool_result.is_error');
  const [only] = part.parts;
  const output =
    part.parts.length === 1 && only?.kind === 'text'
      ? only.text
      : part.parts.map((inner) => writeContent(inner, 'user', losses));
  return [{ type: 'function_call_output', call_id: part.id, output }];
}

function writeContent(part: TextPart | MediaPart, role: Turn['role'], losses: Losses): object {
  if (part.cache !== null) losses.hint('cache_control');
  if (part.kind === 'text') {
    return { type: role === 'assistant' ? 'output_text' : 'input_text', text: part.text };
  }
  if (role === 'assistant') losses.refuse('messages', 'hold media of the assistant');
  if (part.kind === 'image') return { type: 'input_image', image_url: mediaUrl(part) };
  return part.source.kind === 'url'
    ? { type: 'input_file', file_url: part.source.url }
    : { type: 'input_file', filename: part.name ?? 'document.pdf', file_data: mediaUrl(part) };
}

function writeTool(tool: Tool, losses: Losses): object {
  if (tool.cache !== null) losses.hint('cache_control');
  const { name, description, schema, strict } = tool;
  // Theirs are strict unless they say not; the other dialects' are not.
  return present({
    type: 'function',
    name,
    description,
    parameters: schema,
    strict: strict ?? false,
  });
}

function writeChoice(choice: ToolChoice | null): unknown {
  if (choice === null) return null;
  return choice.kind === 'one' ? { type: 'function', name: choice.name } : choice.kind;
}
