// Reads the providers' own token counts out of an answer or out of the events of a stream, in each
// API's words.

import type { Api } from './llm-api.ts';
import type { TokenUsage } from './llm-cost.ts';
import { type ToolUses, usesInMessage, usesInResponse } from './llm-server-tools.ts';

export interface SeenUsage {
  readonly usage: TokenUsage;
  /** False while the output count is a placeholder: a stream that has not come to its end. */
  readonly final: boolean;
  /**
   * Of a stream that has not come to its end: no more text than this had come by then. Left out
   * where that cannot be told.
   */
  readonly textBytes?: number;
  /** Of tools that ran at the provider; left out where none is counted. */
  readonly uses?: ToolUses;
}

/** From a whole answer; null when it carries no count that makes sense. */
export function usageOfAnswer(api: Api, answer: unknown): SeenUsage | null {
  const usage = readUsage(api, field(answer, usageKey(api)), null);
  return usage === null ? null : { usage, final: true, ...usesIn(api, answer) };
}

/** Of a whole answer, or of the response in an event. */
function usesIn(api: Api, answer: unknown): { readonly uses?: ToolUses } {
  if (api === 'messages') return usesInMessage(field(answer, 'usage'));
  return api === 'responses' ? usesInResponse(answer) : {};
}

/**
 * From one event of a stream, on top of what was seen before. Anthropic counts the input in
 * `message_start` (where the output is a placeholder) and gives running totals in
 * `message_delta`; OpenAI sends one chunk with `usage` at the end, or the whole response in its
 * last event; Gemini counts in every chunk. Returns `before` where the event says nothing of it.
 */
export function usageOfEvent(api: Api, event: unknown, before: SeenUsage | null): SeenUsage | null {
  if (api === 'messages') return usageOfMessageEvent(event, before);
  const from = api === 'responses' ? field(event, 'response') : event;
  const usage = readUsage(api, field(from, usageKey(api)), null);
  if (usage === null) return before;
  return { usage, final: isTotal(api, event), ...usesIn(api, from) };
}

/**
 * Whether the count is that of the whole answer. Some servers of OpenAI's dialect send a running
 * one with every chunk, vLLM where the client asks for it (`continuous_usage_stats`).
 */
function isTotal(api: Api, event: unknown): boolean {
  if (api === 'generate' || api === 'responses') return isLast(api, event);
  const choices = field(event, 'choices');
  return !Array.isArray(choices) || choices.every((one) => field(one, 'finish_reason') != null);
}

function usageOfMessageEvent(event: unknown, before: SeenUsage | null): SeenUsage | null {
  const type = field(event, 'type');
  if (type === 'message_start') {
    const usage = readUsage('messages', field(field(event, 'message'), 'usage'), null);
    return usage === null ? before : { usage, final: false };
  }
  if (type !== 'message_delta') return before;
  const usage = readUsage('messages', field(event, 'usage'), before?.usage ?? null);
  // A delta without a stop reason may be followed by more output.
  const stopped = typeof field(field(event, 'delta'), 'stop_reason') === 'string';
  return usage === null ? before : { usage, final: stopped, ...usesIn('messages', event) };
}

const responseEnds = ['response.completed', 'response.incomplete', 'response.failed'];

/** Whether a stream's event is the one its API ends with. OpenAI's `[DONE]` is no event. */
export function isLast(api: Api, event: unknown): boolean {
  const type = field(event, 'type');
  if (api === 'messages') return type === 'message_stop';
  if (api === 'responses') return responseEnds.some((end) => end === type);
  if (api !== 'generate') return false;
  const candidates = field(event, 'candidates');
  return Array.isArray(candidates) && candidates.some((one) => field(one, 'finishReason') != null);
}

/** The id by which a later request goes on from this one; null where there is none. */
export function responseIdOf(api: Api, value: unknown): string | null {
  if (api !== 'responses') return null;
  const id = field(field(value, 'response') ?? value, 'id');
  return typeof id === 'string' ? id : null;
}

function usageKey(api: Api): string {
  if (api === 'embed-cohere') return 'meta';
  return api === 'generate' ? 'usageMetadata' : 'usage';
}

/** Whether a stream's event is OpenAI's extra chunk: a count and no choices. */
export function isUsageChunk(event: unknown): boolean {
  const choices = field(event, 'choices');
  return Array.isArray(choices) && choices.length === 0 && isObject(field(event, 'usage'));
}

function readUsage(api: Api, raw: unknown, before: TokenUsage | null): TokenUsage | null {
  if (!isObject(raw)) return null;
  const usage = usageIn(api, raw, before);
  return Object.values(usage).every(isTokenCount) ? usage : null;
}

function usageIn(api: Api, raw: object, before: TokenUsage | null): TokenUsage {
  if (api === 'messages') return anthropicUsage(raw, before);
  if (api === 'responses') return responsesUsage(raw);
  if (api === 'generate') return geminiUsage(raw);
  if (api === 'embed-cohere') return inputAlone(field(field(raw, 'billed_units'), 'input_tokens'));
  if (api === 'embeddings' || api === 'embed-voyage') {
    return inputAlone(field(raw, 'prompt_tokens') ?? field(raw, 'total_tokens'));
  }
  return openaiUsage(raw);
}

/** Embeddings have no output. */
function inputAlone(tokens: unknown): TokenUsage {
  return { input: count(tokens, null), cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0, output: 0 };
}

/** `prompt_tokens` holds the cached ones too. */
function openaiUsage(raw: object): TokenUsage {
  const details = field(raw, 'prompt_tokens_details');
  const cacheRead = count(field(details, 'cached_tokens'), 0);
  const cacheWrite = count(field(details, 'cache_write_tokens'), 0);
  return {
    input: count(field(raw, 'prompt_tokens'), null) - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    cacheWrite1h: 0,
    output: count(field(raw, 'completion_tokens'), null),
  };
}

function responsesUsage(raw: object): TokenUsage {
  const details = field(raw, 'input_tokens_details');
  const cacheRead = count(field(details, 'cached_tokens'), 0);
  const cacheWrite = count(field(details, 'cache_write_tokens'), 0);
  return {
    input: count(field(raw, 'input_tokens'), null) - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    cacheWrite1h: 0,
    output: count(field(raw, 'output_tokens'), null),
  };
}

/** Thoughts are billed as output and counted apart; so is input that tools brought in. */
function geminiUsage(raw: object): TokenUsage {
  const cacheRead = count(field(raw, 'cachedContentTokenCount'), 0);
  const ofTools = count(field(raw, 'toolUsePromptTokenCount'), 0);
  const thoughts = count(field(raw, 'thoughtsTokenCount'), 0);
  return {
    input: count(field(raw, 'promptTokenCount'), null) + ofTools - cacheRead,
    cacheRead,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output: count(field(raw, 'candidatesTokenCount'), 0) + thoughts,
  };
}

/**
 * `input_tokens` leaves the cached ones out; `cache_creation` splits the written ones by lifetime.
 */
function anthropicUsage(raw: object, before: TokenUsage | null): TokenUsage {
  const wroteBefore = before === null ? 0 : before.cacheWrite + before.cacheWrite1h;
  const written = count(field(raw, 'cache_creation_input_tokens'), wroteBefore);
  const split = field(field(raw, 'cache_creation'), 'ephemeral_1h_input_tokens');
  const cacheWrite1h = count(split, before?.cacheWrite1h ?? 0);
  return {
    input: count(field(raw, 'input_tokens'), before?.input ?? null),
    cacheRead: count(field(raw, 'cache_read_input_tokens'), before?.cacheRead ?? 0),
    cacheWrite: written - cacheWrite1h,
    cacheWrite1h,
    output: count(field(raw, 'output_tokens'), null),
  };
}

/** NaN where a count is missing and has no default, so that the whole is refused. */
function count(value: unknown, missing: number | null): number {
  if (value === undefined || value === null) return missing ?? Number.NaN;
  return typeof value === 'number' ? value : Number.NaN;
}

function isTokenCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 1_000_000_000;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function field(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
