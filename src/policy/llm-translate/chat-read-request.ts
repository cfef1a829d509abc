// OpenAI's chat completions, read: https://platform.openai.com/docs/api-reference/chat

import type {
  CallPart,
  Conversation,
  MediaPart,
  Part,
  TextPart,
  ThinkingPart,
  Tool,
  ToolChoice,
  Turn,
} from './conversation.ts';
import { Fields } from './fields.ts';
import type { Losses } from './losses.ts';
import { readEffort, readFormat } from './openai-words.ts';
import { cacheMark, mediaPart, textPart } from './parts.ts';

export function readChatRequest(body: unknown, losses: Losses): Conversation {
  const fields = new Fields(body, '', losses);
  fields.known('model');
  const options = fields.inner('stream_options');
  const bound = fields.number('max_completion_tokens') ?? fields.number('max_tokens');
  fields.known('max_tokens');
  const conversation: Conversation = {
    turns: fields.each('messages').map(readMessage),
    tools: fields.each('tools').flatMap(readTool),
    toolChoice: readChoice(fields),
    parallelCalls: fields.flag('parallel_tool_calls'),
    stream: fields.flag('stream') ?? false,
    countInStream: options?.flag('include_usage') ?? false,
    outputTokensMax: bound,
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: fields.number('top_k'),
    stop: readStop(fields),
    reasoning: readEffort(fields.text('reasoning_effort')),
    format: readFormat(fields.inner('response_format'), 'json_schema'),
    user: fields.text('user'),
    seed: fields.number('seed'),
    presencePenalty: fields.number('presence_penalty'),
    frequencyPenalty: fields.number('frequency_penalty'),
  };
  options?.hints('include_obfuscation');
  options?.done();
  refuseWhatChangesTheAnswer(fields);
  fields.hints('store', 'metadata', 'service_tier', 'logit_bias', 'prediction', 'verbosity');
  fields.hints('prompt_cache_key', 'prompt_cache_retention', 'safety_identifier', 'top_logprobs');
  fields.done();
  return conversation;
}

function refuseWhatChangesTheAnswer(fields: Fields): void {
  const choices = fields.number('n') ?? 1;
  if (choices !== 1) fields.losses.refuse('n', 'can only be 1 at this model');
  if (fields.flag('logprobs') === true) fields.losses.refuse('logprobs');
  const modalities = fields.list('modalities');
  if (modalities.some((modality) => modality !== 'text')) fields.losses.refuse('modalities');
  fields.refuse('audio', 'web_search_options', 'functions', 'function_call');
}

function readMessage(message: Fields): Turn {
  const role = message.text('role');
  const parts = partsOf(message, role);
  message.hints('name', 'annotations');
  message.done();
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', parts };
    case 'assistant':
      return { role: 'assistant', parts };
    case 'user':
    case 'tool':
      return { role: 'user', parts };
    default:
      message.losses.refuse(message.at('role'), 'is not known');
      return { role: 'user', parts };
  }
}

function partsOf(message: Fields, role: string | null): Part[] {
  const content = readContent(message);
  if (role === 'tool') {
    const id = message.text('tool_call_id') ?? '';
    return [{ kind: 'result', id, parts: content, isError: false, cache: cacheMark(message) }];
  }
  if (role !== 'assistant') return content;
  message.refuse('audio', 'function_call');
  const refusal = message.text('refusal');
  const calls = message.each('tool_calls').flatMap(readCall);
  return [
    ...readThoughts(message),
    ...content.filter((part) => part.kind !== 'text' || part.text !== ''),
    ...(refusal === null ? [] : [textPart(refusal)]),
    ...calls,
  ];
}

function readContent(message: Fields): (TextPart | MediaPart)[] {
  const content = message.value('content');
  if (content === undefined) return [];
  if (typeof content === 'string') return [textPart(content, cacheMark(message))];
  return message.each('content').flatMap((block) => {
    const part = readBlock(block);
    block.done();
    return part === null ? [] : [part];
  });
}

function readBlock(block: Fields): TextPart | MediaPart | null {
  const cache = cacheMark(block);
  const type = block.text('type');
  if (type === 'text') return textPart(block.text('text') ?? '', cache);
  if (type === 'refusal') return textPart(block.text('refusal') ?? '', cache);
  if (type === 'image_url') {
    const image = block.inner('image_url');
    if (image === null) return null;
    image.hints('detail');
    return mediaPart('image', image.text('url') ?? '', null, cache);
  }
  if (type === 'file') {
    const file = block.inner('file');
    const data = file?.text('file_data') ?? null;
    if (data !== null) return mediaPart('document', data, file?.text('filename') ?? null, cache);
  }
  block.losses.refuse(block.path, `of the type "${type}" has no counterpart`);
  return null;
}

/** `thinking_blocks` is how LiteLLM's clients bring Anthropic's signed thoughts back. */
function readThoughts(message: Fields): ThinkingPart[] {
  const blocks = message.each('thinking_blocks').map((block): ThinkingPart => {
    const isRedacted = block.text('type') === 'redacted_thinking';
    const signature = isRedacted ? block.text('data') : block.text('signature');
    return { kind: 'thinking', text: block.text('thinking') ?? '', signature, isRedacted };
  });
  const plain = message.text('reasoning_content') ?? message.text('reasoning');
  message.known('reasoning', 'reasoning_details');
  if (blocks.length > 0 || plain === null || plain === '') return blocks;
  return [{ kind: 'thinking', text: plain, signature: null, isRedacted: false }];
}

function readCall(call: Fields): CallPart[] {
  const inner = call.inner('function');
  call.known('type', 'index');
  if (inner === null) {
    call.losses.refuse(call.path, 'is not a call of a function');
    return [];
  }
  const google = call.inner('extra_content')?.inner('google') ?? null;
  const part: CallPart = {
    kind: 'call',
    id: call.text('id') ?? '',
    name: inner.text('name') ?? '',
    argumentsText: inner.text('arguments') ?? '',
    signature: google?.text('thought_signature') ?? null,
    cache: cacheMark(call),
  };
  call.done();
  return [part];
}

function readTool(tool: Fields): Tool[] {
  const inner = tool.text('type') === 'function' ? tool.inner('function') : null;
  if (inner === null) {
    tool.losses.refuse(tool.path, 'is not a function');
    return [];
  }
  const read: Tool = {
    name: inner.text('name') ?? '',
    description: inner.text('description'),
    schema: inner.value('parameters') ?? { type: 'object', properties: {} },
    strict: inner.flag('strict'),
    cache: cacheMark(tool) ?? cacheMark(inner),
  };
  inner.done();
  tool.done();
  return [read];
}

function readChoice(fields: Fields): ToolChoice | null {
  const choice = fields.value('tool_choice');
  if (choice === undefined) return null;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { kind: choice };
  const named = typeof choice === 'object' ? fields.inner('tool_choice') : null;
  const name = named?.inner('function')?.text('name') ?? null;
  if (name !== null) return { kind: 'one', name };
  fields.losses.refuse('tool_choice');
  return null;
}

export function readStop(fields: Fields): string[] {
  const stop = fields.value('stop');
  if (typeof stop === 'string') return [stop];
  return fields.list('stop').filter((text) => typeof text === 'string');
}
