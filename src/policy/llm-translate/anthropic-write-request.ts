// Anthropic's Messages API, written: https://docs.claude.com/en/api/messages

import type { TranslationTarget } from '../llm-translation.ts';
import type {
  CacheMark,
  Conversation,
  MediaPart,
  Part,
  Reasoning,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
} from './conversation.ts';
import { isObject } from './fields.ts';
import type { Losses } from './losses.ts';
import { boundOf, mergeTurns, parseJson, present } from './parts.ts';

/** What Anthropic calls thinking, by the word others have for it. Tokens. */
const budgetOf = {
  minimal: 1_024,
  low: 1_024,
  medium: 4_096,
  high: 16_384,
  xhigh: 32_768,
  max: 65_536,
};
const budgetMin = 1_024;

export function writeAnthropicRequest(
  conversation: Conversation,
  target: TranslationTarget,
  losses: Losses,
): Record<string, unknown> {
  const { format, user } = conversation;
  const maxTokens = boundOf(conversation, target);
  const messages = writeMessages(conversation.turns, losses);
  const thinking = writeThinking(conversation.reasoning, maxTokens, messages, losses);
  if (format?.kind === 'json') losses.refuse('response_format', 'asks for JSON without a schema');
  hintUnsupported(conversation, losses);
  return present({
    model: target.model,
    max_tokens: maxTokens,
    system: writeSystem(conversation.turns, losses),
    messages,
    tools: conversation.tools.map(writeTool),
    tool_choice: writeChoice(conversation, losses),
    stream: conversation.stream ? true : null,
    stop_sequences: conversation.stop,
    ...writeSampling(conversation, thinking !== null, losses),
    thinking,
    output_config:
      format?.kind === 'schema' ? { format: { type: 'json_schema', schema: format.schema } } : null,
    metadata: user === null ? null : { user_id: user },
  });
}

function hintUnsupported(conversation: Conversation, losses: Losses): void {
  if (conversation.seed !== null) losses.hint('seed');
  if (conversation.presencePenalty !== null) losses.hint('presence_penalty');
  if (conversation.frequencyPenalty !== null) losses.hint('frequency_penalty');
}

/** Theirs ends at 1 where others go to 2, and thinking wants its own. */
function writeSampling(
  { temperature, topP, topK }: Conversation,
  isThinking: boolean,
  losses: Losses,
): Record<string, unknown> {
  if (isThinking) {
    if (temperature !== null && temperature !== 1) losses.hint('temperature');
    if (topK !== null) losses.hint('top_k');
    return {};
  }
  if (temperature !== null && temperature > 1) losses.hint('temperature');
  return {
    temperature: temperature === null ? null : Math.min(temperature, 1),
    top_p: topP,
    top_k: topK,
  };
}

/** They take system texts at the start alone; one in the middle loses its place. */
function writeSystem(turns: readonly Turn[], losses: Losses): unknown[] {
  const firstOther = turns.findIndex(({ role }) => role !== 'system');
  return turns.flatMap(({ role, parts }, index) => {
    if (role !== 'system') return [];
    if (firstOther !== -1 && index > firstOther) losses.hint(`messages[${index}].role`);
    return parts.flatMap((part) => {
      if (part.kind === 'text') return part.text === '' ? [] : [writeText(part)];
      losses.refuse('system', 'must be text');
      return [];
    });
  });
}

function writeMessages(
  turns: readonly Turn[],
  losses: Losses,
): { role: string; content: object[] }[] {
  const spoken = turns.filter(({ role }) => role !== 'system');
  return mergeTurns(spoken).map(({ role, parts }) => ({
    role,
    // Results stand first in the turn that answers their calls.
    content: [...parts]
      .sort((a, b) => Number(b.kind === 'result') - Number(a.kind === 'result'))
      .flatMap((part) => writePart(part, losses)),
  }));
}

function writePart(part: Part, losses: Losses): object[] {
  switch (part.kind) {
    case 'text':
      // An empty text block is an error there.
      return part.text === '' ? [] : [writeText(part)];
    case 'image':
    case 'document':
      return [writeMedia(part)];
    case 'call':
      return [
        marked(part.cache, {
          type: 'tool_use',
          id: part.id,
          name: part.name,
          input: argumentsOf(part.argumentsText, losses),
        }),
      ];
    case 'result':
      return [
        marked(part.cache, {
          type: 'tool_result',
          tool_use_id: part.id,
          content: part.parts.flatMap((inner) => writePart(inner, losses)),
          ...(part.isError ? { is_error: true } : {}),
        }),
      ];
    case 'thinking':
      if (part.isRedacted) return [{ type: 'redacted_thinking', data: part.signature }];
      // The next turn would be refused for thoughts that are not signed.
      if (part.signature === null) {
        losses.hint('thinking');
        return [];
      }
      return [{ type: 'thinking', thinking: part.text, signature: part.signature }];
  }
}

function argumentsOf(text: string, losses: Losses): unknown {
  if (text.trim() === '') return {};
  const parsed = parseJson(text);
  if (isObject(parsed)) return parsed;
  losses.hint('tool_calls.function.arguments');
  return { arguments: text };
}

function writeText({ text, cache }: TextPart): object {
  return marked(cache, { type: 'text', text });
}

function writeMedia({ kind, source, name, cache }: MediaPart): object {
  const written =
    source.kind === 'url'
      ? { type: 'url', url: source.url }
      : { type: 'base64', media_type: source.mediaType, data: source.data };
  return marked(cache, { type: kind, source: written, ...(name === null ? {} : { title: name }) });
}

function marked(cache: CacheMark | null, block: object): object {
  if (cache === null) return block;
  const control = cache === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' };
  return { ...block, cache_control: control };
}

function writeTool(tool: Tool): object {
  return marked(
    tool.cache,
    present({
      name: tool.name,
      description: tool.description,
      input_schema: isObject(tool.schema) ? tool.schema : { type: 'object' },
      strict: tool.strict === true ? true : null,
    }),
  );
}

function writeChoice(
  { toolChoice, parallelCalls, tools }: Conversation,
  losses: Losses,
): object | null {
  if (tools.length === 0) {
    if (toolChoice !== null && toolChoice.kind !== 'none') losses.hint('tool_choice');
    return null;
  }
  const parallel = parallelCalls === false ? { disable_parallel_tool_use: true } : {};
  const written = choiceOf(toolChoice);
  if (written === null) return parallelCalls === false ? { type: 'auto', ...parallel } : null;
  return toolChoice?.kind === 'none' ? written : { ...written, ...parallel };
}

function choiceOf(choice: ToolChoice | null): object | null {
  if (choice === null) return null;
  if (choice.kind === 'one') return { type: 'tool', name: choice.name };
  return { type: { auto: 'auto', none: 'none', required: 'any' }[choice.kind] };
}

/** The answer must have room after the thoughts, and a tool loop must have been begun with them. */
function writeThinking(
  reasoning: Reasoning | null,
  maxTokens: number,
  messages: readonly { role: string; content: object[] }[],
  losses: Losses,
): object | null {
  if (reasoning === null) return null;
  if (reasoning.effort === 'none') return { type: 'disabled' };
  const wanted = reasoning.budgetTokens ?? budgetOf[reasoning.effort ?? 'medium'];
  const budget = Math.min(Math.max(wanted, budgetMin), maxTokens - 1);
  if (budget < budgetMin || endsInUnthoughtCall(messages)) {
    losses.hint('reasoning');
    return null;
  }
  return { type: 'enabled', budget_tokens: budget };
}

function endsInUnthoughtCall(messages: readonly { role: string; content: object[] }[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant');
  if (last === undefined || messages.at(-1) === last) return false;
  const types = last.content.map((block) => Reflect.get(block, 'type'));
  return types.includes('tool_use') && !String(types[0]).endsWith('thinking');
}
