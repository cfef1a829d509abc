// OpenAI's Responses API, read: https://platform.openai.com/docs/api-reference/responses

import type {
  Conversation,
  MediaPart,
  Part,
  Reasoning,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
} from './conversation.ts';
import { Fields } from './fields.ts';
import type { Losses } from './losses.ts';
import { readEffort, readFormat } from './openai-words.ts';
import { mediaPart, mergeTurns, textPart } from './parts.ts';
import { openThought } from './sealed-thought.ts';

export function readResponsesRequest(body: unknown, losses: Losses): Conversation {
  const fields = new Fields(body, '', losses);
  fields.known('model', 'include');
  const instructions = fields.text('instructions');
  const system: Turn[] =
    instructions === null ? [] : [{ role: 'system', parts: [textPart(instructions)] }];
  const text = fields.inner('text');
  const conversation: Conversation = {
    turns: [...system, ...mergeTurns(readInput(fields))],
    tools: fields.each('tools').flatMap(readTool),
    toolChoice: readChoice(fields),
    parallelCalls: fields.flag('parallel_tool_calls'),
    stream: fields.flag('stream') ?? false,
    countInStream: true,
    outputTokensMax: fields.number('max_output_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: null,
    stop: [],
    reasoning: readReasoning(fields.inner('reasoning')),
    format: readFormat(text?.inner('format') ?? null, null),
    user: fields.text('user'),
    seed: null,
    presencePenalty: null,
    frequencyPenalty: null,
  };
  text?.hints('verbosity');
  text?.done();
  // State that another provider keeps, or work that it does itself.
  fields.refuse('previous_response_id', 'conversation', 'prompt', 'max_tool_calls');
  if (fields.flag('background') === true) fields.losses.refuse('background');
  fields.hints('store', 'metadata', 'service_tier', 'truncation', 'top_logprobs', 'stream_options');
  fields.hints('prompt_cache_key', 'prompt_cache_retention', 'safety_identifier');
  fields.done();
  return conversation;
}

function readReasoning(reasoning: Fields | null): Reasoning | null {
  const effort = reasoning?.text('effort') ?? null;
  reasoning?.hints('summary', 'generate_summary');
  reasoning?.done();
  return readEffort(effort);
}

function readInput(fields: Fields): Turn[] {
  const input = fields.value('input');
  if (typeof input === 'string') return [{ role: 'user', parts: [textPart(input)] }];
  return fields.each('input').flatMap((item) => {
    const turn = readItem(item);
    item.known('id', 'status');
    item.done();
    return turn === null ? [] : [turn];
  });
}

function readItem(item: Fields): Turn | null {
  const type = item.text('type') ?? 'message';
  switch (type) {
    case 'message':
      return readMessage(item);
    case 'function_call':
      return {
        role: 'assistant',
        parts: [
          {
            kind: 'call',
            id: item.text('call_id') ?? '',
            name: item.text('name') ?? '',
            argumentsText: item.text('arguments') ?? '',
            signature: null,
            cache: null,
          },
        ],
      };
    case 'function_call_output': {
      const id = item.text('call_id') ?? '';
      const parts = readContent(item, 'output');
      return { role: 'user', parts: [{ kind: 'result', id, parts, isError: false, cache: null }] };
    }
    case 'reasoning':
      return readThought(item);
    default:
      item.losses.refuse(item.path, `of the type "${type}" has no counterpart`);
      return null;
  }
}

function readMessage(item: Fields): Turn {
  const role = item.text('role');
  item.hints('phase');
  const parts: Part[] = readContent(item, 'content');
  if (role === 'system' || role === 'developer') return { role: 'system', parts };
  if (role === 'assistant' || role === 'user') return { role, parts };
  item.losses.refuse(item.at('role'), 'is not known');
  return { role: 'user', parts };
}

function readContent(owner: Fields, key: string): (TextPart | MediaPart)[] {
  const content = owner.value(key);
  if (content === undefined) return [];
  if (typeof content === 'string') return [textPart(content)];
  return owner.each(key).flatMap((block) => {
    const part = readBlock(block);
    block.done();
    return part === null ? [] : [part];
  });
}

function readBlock(block: Fields): TextPart | MediaPart | null {
  const type = block.text('type');
  if (type === 'input_text' || type === 'output_text' || type === 'text') {
    block.known('annotations', 'logprobs');
    return textPart(block.text('text') ?? '');
  }
  if (type === 'refusal') return textPart(block.text('refusal') ?? '');
  if (type === 'input_image') {
    block.hints('detail');
    const url = block.text('image_url');
    if (url !== null) return mediaPart('image', url, null, null);
  }
  if (type === 'input_file') {
    const url = block.text('file_data') ?? block.text('file_url');
    if (url !== null) return mediaPart('document', url, block.text('filename'), null);
  }
  block.losses.refuse(block.path, `of the type "${type}" has no counterpart`);
  return null;
}

/** Thoughts come back as they were given out; those of another maker cannot be read by anybody. */
function readThought(item: Fields): Turn | null {
  item.known('summary', 'content');
  const part = openThought(item.text('encrypted_content'));
  if (part === null) {
    item.losses.hint(item.path);
    return null;
  }
  return { role: 'assistant', parts: [part] };
}

function readTool(tool: Fields): Tool[] {
  const type = tool.text('type');
  if (type !== 'function') {
    tool.losses.refuse(tool.path, `of the type "${type}" is run by the provider`);
    return [];
  }
  const read: Tool = {
    name: tool.text('name') ?? '',
    description: tool.text('description'),
    schema: tool.value('parameters') ?? { type: 'object', properties: {} },
    strict: tool.flag('strict'),
    cache: null,
  };
  tool.done();
  return [read];
}

function readChoice(fields: Fields): ToolChoice | null {
  const choice = fields.value('tool_choice');
  if (choice === undefined) return null;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { kind: choice };
  const named = typeof choice === 'object' ? fields.inner('tool_choice') : null;
  const name = named?.text('type') === 'function' ? named.text('name') : null;
  if (name !== null) return { kind: 'one', name };
  fields.losses.refuse('tool_choice');
  return null;
}
