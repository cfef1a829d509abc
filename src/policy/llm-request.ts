// What a chat request asks for, as far as money and routing are concerned, read from its scanned
// bytes. What cannot be read without doubt is a fault; what has no upper cost is named, for the
// admission to refuse.

import { isUtf8 } from 'node:buffer';
import { type Api, type Dialect, dialectOf } from './llm-api.ts';
import { costlyField, costlyType, isMediaImage, isPlainType } from './llm-costly.ts';
import { type JsonMember, type JsonScan, scanJsonObject } from './llm-json.ts';
import { readServerTools, type ServerTools, strangeTool } from './llm-server-tools.ts';

export type { Dialect } from './llm-api.ts';

export interface ModelRequest {
  readonly api: Api;
  readonly dialect: Dialect;
  readonly bytes: number;
  readonly scan: JsonScan;
  readonly model: string;
  readonly stream: boolean;
  /**
   * The client's own bound on output tokens, the largest where it gave two; null where it gave
   * none.
   */
  readonly outputTokens: number | null;
  /** What thoughts may come to where that is more: between tools they count by the turn. */
  readonly thinkingTokens: number;
  /** How many answers are asked for and paid for: `n`, `best_of`, several prompts. */
  readonly choices: number;
  /** An earlier answer that this request goes on from; only the deployment that made it has it. */
  readonly previousResponse: string | null;
  /** Whether it carries thoughts that a provider signed: another model would refuse them. */
  readonly signed: boolean;
  readonly images: number;
  /** A kind of content whose tokens its bytes do not bound; null when there is none. */
  readonly media: string | null;
  /** Which prompt cache writes it may cause. */
  readonly cacheWrite: 'none' | '5m' | '1h';
  /** Tools that run at the provider, each bounded in number; null when there are none. */
  readonly serverTools: ServerTools | null;
  /** What makes the cost unbounded, in words; null when nothing does. */
  readonly unbounded: string | null;
}

export interface RequestFault {
  readonly fault: string;
}

/**
 * Keys read here: written in another case they mean the same to some providers, so that is
 * refused.
 */
const readKeys = [
  ...['model', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'n'],
  ...['max_output_tokens', 'best_of', 'prompt', 'previous_response_id', 'conversation'],
  ...['tools', 'max_tool_calls', 'models', 'preset', 'plugins'],
];
/** OpenRouter's: other models and paid work, which even a free model's request could turn on. */
const elsewhereKeys = ['models', 'preset', 'plugins'];
const outputKeys: Partial<Readonly<Record<Api, readonly string[]>>> = {
  chat: ['max_tokens', 'max_completion_tokens'],
  completions: ['max_tokens'],
  responses: ['max_output_tokens'],
  messages: ['max_tokens', 'max_completion_tokens'],
};

/** Where a body gives its bound on output; nowhere in APIs that have none. */
export function outputKeysOf(api: Api): readonly string[] {
  return outputKeys[api] ?? [];
}

const choicesMax = 128;
const promptsMax = 2_048;

/** Reads a body; a fault names what is wrong and where, never the text itself. */
export function readModelRequest(api: Api, body: Uint8Array): ModelRequest | RequestFault {
  if (!isUtf8(body)) return { fault: 'the body is not UTF-8' };
  const scan = scanJsonObject(body);
  if ('fault' in scan) return { fault: `not valid JSON: ${scan.fault} (byte ${scan.offset})` };
  const ambiguous = ambiguousKey(scan.members);
  if (ambiguous !== null) return { fault: ambiguous };
  const value = (key: string) => parseMember(body, memberOf(scan, key));
  const named = memberOf(scan, 'model');
  const model = value('model');
  // What is no text has its kind in the place of a value, which a model may be called.
  if (named?.kind !== 'string' || typeof model !== 'string' || model === '') {
    return { fault: '`model` must be a name' };
  }
  const elsewhere = elsewhereKeys.find((key) => (memberOf(scan, key)?.kind ?? 'null') !== 'null');
  if (elsewhere !== undefined) return { fault: `\`${elsewhere}\` asks for more than \`model\`` };
  const stream = value('stream') ?? false;
  if (typeof stream !== 'boolean') return { fault: '`stream` must be true or false' };
  const options = memberOf(scan, 'stream_options')?.kind ?? 'null';
  if (options !== 'object' && options !== 'null') {
    return { fault: '`stream_options` must be an object' };
  }
  const keys = outputKeysOf(api);
  const outputs: number[] = keys.length === 0 ? [0] : [];
  for (const key of keys) {
    const tokens = value(key) ?? null;
    if (tokens === null) continue;
    // Many servers of OpenAI's dialect take 0 for no bound; Anthropic only reads the prompt then.
    const least = api === 'messages' ? 0 : 1;
    if (!isCount(tokens, least)) {
      return { fault: `\`${key}\` must be a whole number of ${least} or more` };
    }
    outputs.push(tokens);
  }
  const choices = readChoices(api, body, scan, value);
  if (typeof choices !== 'number') return choices;
  const outputTokens = outputs.length === 0 ? null : Math.max(...outputs);
  const previous = value('previous_response_id') ?? null;
  const previousResponse = typeof previous === 'string' ? previous : null;
  const dialect = dialectOf(api);
  const thinkingTokens = thinkingOf(body, scan);
  const facts = { api, dialect, bytes: body.length, scan, model, stream, outputTokens, choices };
  const tools = readServerTools(api, scan, body);
  const serverTools = tools === null || 'unbounded' in tools ? null : tools;
  const known = serverTools?.types ?? [];
  const content = contentOf(scan, known);
  const media = content.media ?? hiddenInput(api, scan);
  const unbounded =
    tools !== null && 'unbounded' in tools
      ? tools.unbounded
      : (unboundedBy(scan, value, known) ?? strangeTool(scan, body, known));
  return { ...facts, ...content, thinkingTokens, media, previousResponse, serverTools, unbounded };
}

/**
 * Anthropic's `interleaved-thinking` beta lets it be more than `max_tokens`. The only number that
 * stands there is `budget_tokens`; written twice, the larger one counts.
 */
function thinkingOf(body: Uint8Array, scan: JsonScan): number {
  const thinking = memberOf(scan, 'thinking');
  if (thinking?.kind !== 'object') return 0;
  const bytes = body.subarray(
    thinking.valueStart,
    Math.min(thinking.valueEnd, thinking.valueStart + 4096),
  );
  const numbers =
    Buffer.from(bytes)
      .toString('utf8')
      .match(/\d+(?:\.\d+)?(?:[eE]\+?\d+)?/g) ?? [];
  return Math.ceil(Math.max(0, ...numbers.map(Number)));
}

/** Each prompt of a list gets an answer of its own; a list of numbers is one prompt. */
function readChoices(
  api: Api,
  body: Uint8Array,
  scan: JsonScan,
  value: (key: string) => unknown,
): number | RequestFault {
  const n = value('n') ?? 1;
  if (!isCount(n, 1, choicesMax)) return { fault: '`n` must be a whole number up to 128' };
  if (api !== 'completions') return n;
  const best = value('best_of') ?? 1;
  if (!isCount(best, 1, choicesMax)) return { fault: '`best_of` must be a whole number up to 128' };
  const prompt = memberOf(scan, 'prompt');
  if (prompt?.kind !== 'array') return Math.max(n, best);
  const text = Buffer.from(body.subarray(prompt.valueStart, prompt.valueEnd)).toString('utf8');
  const prompts: readonly unknown[] = JSON.parse(text);
  if (prompts.length > promptsMax) return { fault: '`prompt` has more than 2048 items' };
  const isTokens = prompts.every((one) => typeof one === 'number');
  return Math.max(n, best) * (isTokens ? 1 : Math.max(1, prompts.length));
}

/** What the provider adds from an earlier exchange is input that is not in the body. */
function hiddenInput(api: Api, scan: JsonScan): string | null {
  if (scan.stored.has('cached_content') || memberOf(scan, 'cached_content')?.kind === 'string') {
    return 'cached_content';
  }
  // Items of an earlier response, and thoughts that are kept there, are named by their ids alone.
  if (api === 'responses' && (scan.stored.has('id') || scan.stored.has('reasoning'))) {
    return 'item_reference';
  }

  const keys = ['previous_response_id', 'conversation'];
  const found = keys.find((key) => (memberOf(scan, key)?.kind ?? 'null') !== 'null');
  // A template that is kept at the provider; a prompt of the user's own is a text or a list.
  if (found === undefined && memberOf(scan, 'prompt')?.kind === 'object') return 'prompt';
  return found ?? null;
}

export function memberOf(scan: JsonScan, key: string): JsonMember | undefined {
  for (const member of scan.members) if (member.key === key) return member;
  return undefined;
}

/** Written as every key is that is read here. */
const plainKey = /^[a-z0-9_]*$/;

/**
 * RFC 8259 leaves the meaning of a repeated name open: we and the provider may read another value.
 */
function ambiguousKey(members: readonly JsonMember[]): string | null {
  const seen = new Set<string>();
  for (const { key } of members) {
    if (seen.has(key)) return `the key ${JSON.stringify(key.slice(0, 64))} stands twice`;
    seen.add(key);
    if (plainKey.test(key)) continue;
    // Both ways, because U+017F and U+212A fold to `s` and `k` for parsers that ignore case.
    const folded = key.toUpperCase().toLowerCase();
    if (folded !== key && (readKeys.includes(folded) || costlyField(folded) !== null)) {
      return `the key ${JSON.stringify(key.slice(0, 64))} must be written \`${folded}\``;
    }
  }
  return null;
}

function parseMember(body: Uint8Array, member: JsonMember | undefined): unknown {
  if (member === undefined) return undefined;
  // Objects are of no use here, and a long string is no value of any key read here.
  if (member.kind === 'object' || member.kind === 'array') return member.kind;
  if (member.valueEnd - member.valueStart > 1024) return 'long';
  if (member.kind === 'true' || member.kind === 'false') return member.kind === 'true';
  if (member.kind === 'null') return null;
  const { valueStart, valueEnd } = member;
  const bytes = Buffer.from(body.buffer, body.byteOffset + valueStart, valueEnd - valueStart);
  return JSON.parse(bytes.toString('utf8'));
}

function isCount(value: unknown, min: number, max = 1_000_000_000): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

const signedTypes = ['thinking', 'redacted_thinking', 'reasoning'];

type Content = Pick<ModelRequest, 'images' | 'media' | 'cacheWrite' | 'signed'>;

function contentOf(scan: JsonScan, known: readonly string[]): Content {
  let images = 0;
  let media: string | null = null;
  for (const [type, count] of scan.types) {
    if (isMediaImage(type)) images += count;
    else if (!isPlainType(type) && !known.includes(type)) media ??= type;
  }
  // A ttl we do not know may be the dear one.
  const isShort = [...scan.ttls].every((ttl) => ttl === '5m');
  const cacheWrite = scan.hasCacheControl ? (isShort ? '5m' : '1h') : 'none';
  const signed = signedTypes.some((type) => scan.types.has(type));
  return { images, media, cacheWrite, signed };
}

function unboundedBy(
  scan: JsonScan,
  value: (key: string) => unknown,
  known: readonly string[],
): string | null {
  for (const { key } of scan.members) {
    const allowed = costlyField(key);
    if (allowed === null) continue;
    const given = value(key);
    if (given === null || given === false) continue;
    if (typeof given === 'string' && allowed.includes(given)) continue;
    return `\`${key}\``;
  }
  for (const type of scan.types.keys()) {
    if (costlyType(type) && !known.includes(type))
      return `the type ${JSON.stringify(type.slice(0, 64))}`;
  }
  return null;
}
