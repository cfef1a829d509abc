// Anthropic's Messages API, read: https://docs.claude.com/en/api/messages

import {
  type AnswerFormat,
  type Conversation,
  type Effort,
  efforts,
  type MediaPart,
  type Part,
  type Reasoning,
  type TextPart,
  type Tool,
  type ToolChoice,
  type Turn,
} from './conversation.ts';
import { Fields } from './fields.ts';
import type { Losses } from './losses.ts';
import { cacheMark, mediaPart, textPart } from './parts.ts';

/** `model` is read elsewhere: a translation writes the deployment's own. */
export function readAnthropicRequest(body: unknown, losses: Losses): Conversation {
  const fields = new Fields(body, '', losses);
  fields.known('model');
  const system = systemParts(fields);
  const turns = fields.each('messages').map(readTurn);
  const conversation: Conversation = {
    turns: system.length === 0 ? turns : [{ role: 'system', parts: system }, ...turns],
    tools: fields.each('tools').flatMap(readTool),
    ...readChoice(fields.inner('tool_choice')),
    stream: fields.flag('stream') ?? false,
    countInStream: true,
    outputTokensMax: fields.number('max_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: fields.number('top_k'),
    stop: fields.list('stop_sequences').filter((stop) => typeof stop === 'string'),
    ...readOutput(fields),
    user: readUser(fields),
    seed: null,
    presencePenalty: null,
    frequencyPenalty: null,
  };
  fields.refuse('mcp_servers', 'container');
  fields.hints('service_tier', 'context_management', 'inference_geo', 'speed', 'cache_control');
  fields.done();
  return conversation;
}

function systemParts(fields: Fields): TextPart[] {
  const system = fields.value('system');
  if (system === undefined) return [];
  if (typeof system === 'string') return [textPart(system)];
  return fields.each('system').flatMap((block) => textOnly(block));
}

function textOnly(block: Fields): TextPart[] {
  const [part] = readBlock(block);
  if (part === undefined || part.kind === 'text') return part === undefined ? [] : [part];
  block.losses.refuse(block.path, 'must be text');
  return [];
}

function readTurn(message: Fields): Turn {
  const role = message.text('role');
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    message.losses.refuse(message.at('role'), 'must be `user` or `assistant`');
  }
  const parts = readContent(message, 'content');
  message.done();
  return { role: role === 'assistant' || role === 'system' ? role : 'user', parts };
}

function readContent(owner: Fields, key: string): Part[] {
  const content = owner.value(key);
  if (typeof content === 'string') return [textPart(content)];
  return owner.each(key).flatMap(readBlock);
}

function readBlock(block: Fields): Part[] {
  const cache = cacheMark(block);
  const type = block.text('type');
  const part = blockOf(block, type, cache);
  block.done();
  if (part === null) block.losses.refuse(block.path, `of the type "${type}" has no counterpart`);
  return part === null ? [] : [part];
}

function blockOf(block: Fields, type: string | null, cache: TextPart['cache']): Part | null {
  switch (type) {
    case 'text':
      block.hints('citations');
      return textPart(block.text('text') ?? '', cache);
    case 'image':
    case 'document':
      return readMedia(block, type, cache);
    case 'tool_use':
      block.known('caller');
      return {
        kind: 'call',
        id: block.text('id') ?? '',
        name: block.text('name') ?? '',
        argumentsText: JSON.stringify(block.value('input') ?? {}),
        signature: null,
        cache,
      };
    case 'tool_result':
      return {
        kind: 'result',
        id: block.text('tool_use_id') ?? '',
        parts: readContent(block, 'content').filter((part) => isResultContent(part, block)),
        isError: block.flag('is_error') ?? false,
        cache,
      };
    case 'thinking':
      return {
        kind: 'thinking',
        text: block.text('thinking') ?? '',
        // Empty where the thought came from a provider that does not sign.
        signature: block.text('signature') || null,
        isRedacted: false,
      };
    case 'redacted_thinking':
      return { kind: 'thinking', text: '', signature: block.text('data'), isRedacted: true };
    default:
      return null;
  }
}

function isResultContent(part: Part, block: Fields): part is TextPart | MediaPart {
  if (part.kind === 'text' || part.kind === 'image' || part.kind === 'document') return true;
  block.losses.refuse(block.at('content'), 'may hold text, images and documents');
  return false;
}

function readMedia(
  block: Fields,
  kind: MediaPart['kind'],
  cache: TextPart['cache'],
): TextPart | MediaPart | null {
  const source = block.inner('source');
  const name = kind === 'document' ? block.text('title') : null;
  block.hints('context', 'citations');
  if (source === null) return null;
  const type = source.text('type');
  const mediaType = source.text('media_type') ?? 'application/pdf';
  if (type === 'base64') {
    const data = source.text('data') ?? '';
    return { kind, source: { kind: 'base64', mediaType, data }, name, cache };
  }
  if (type === 'url') return mediaPart(kind, source.text('url') ?? '', name, cache);
  if (type === 'text') return textPart(source.text('data') ?? '', cache);
  return null;
}

function readTool(tool: Fields): Tool[] {
  const type = tool.text('type');
  if (type !== null && type !== 'custom') {
    tool.losses.refuse(tool.path, `is a tool that the provider runs ("${type}")`);
    return [];
  }
  const read: Tool = {
    name: tool.text('name') ?? '',
    description: tool.text('description'),
    schema: tool.value('input_schema') ?? { type: 'object' },
    strict: tool.flag('strict'),
    cache: cacheMark(tool),
  };
  tool.hints('eager_input_streaming', 'input_examples', 'defer_loading', 'allowed_callers');
  tool.done();
  return [read];
}

function readChoice(choice: Fields | null): Pick<Conversation, 'toolChoice' | 'parallelCalls'> {
  if (choice === null) return { toolChoice: null, parallelCalls: null };
  const type = choice.text('type');
  const kinds: Readonly<Record<string, ToolChoice>> = {
    auto: { kind: 'auto' },
    any: { kind: 'required' },
    none: { kind: 'none' },
    tool: { kind: 'one', name: choice.text('name') ?? '' },
  };
  const toolChoice = type !== null && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (toolChoice === undefined) choice.losses.refuse(choice.at('type'), 'is not known');
  const disabled = choice.flag('disable_parallel_tool_use');
  choice.done();
  return { toolChoice: toolChoice ?? null, parallelCalls: disabled === null ? null : !disabled };
}

function readOutput(fields: Fields): Pick<Conversation, 'reasoning' | 'format'> {
  const output = fields.inner('output_config');
  const effort = efforts.find((known) => known === output?.text('effort')) ?? null;
  const format = readFormat(output?.inner('format') ?? fields.inner('output_format'));
  output?.done();
  return { reasoning: readThinking(fields.inner('thinking'), effort), format };
}

function readThinking(thinking: Fields | null, effort: Effort | null): Reasoning | null {
  if (thinking === null) return effort === null ? null : { effort, budgetTokens: null };
  const type = thinking.text('type');
  const budgetTokens = thinking.number('budget_tokens');
  thinking.known('display');
  thinking.done();
  if (type === 'disabled') return { effort: 'none', budgetTokens: null };
  return { effort: effort ?? (budgetTokens === null ? 'medium' : null), budgetTokens };
}

function readFormat(format: Fields | null): AnswerFormat | null {
  if (format === null) return null;
  if (format.text('type') !== 'json_schema') format.losses.refuse(format.path, 'is not known');
  const schema = format.value('schema') ?? {};
  format.done();
  return { kind: 'schema', name: 'answer', schema, strict: true };
}

function readUser(fields: Fields): string | null {
  const metadata = fields.inner('metadata');
  const user = metadata?.text('user_id') ?? null;
  metadata?.done();
  return user;
}
