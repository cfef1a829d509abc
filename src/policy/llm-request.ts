// What a chat request asks for, as far as money and routing are concerned, read from its scanned
// bytes. What cannot be read without doubt is a fault; what has no upper cost is named, for the
// admission to refuse.

import { isUtf8 } from 'node:buffer';
import type { Dialect } from './llm-api.ts';
import { costlyField, costlyType, isMediaImage, isPlainType } from './llm-costly.ts';
import { type JsonMember, type JsonScan, scanJsonObject } from './llm-json.ts';

export type { Dialect } from './llm-api.ts';

export interface ModelRequest {
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
  /** How many answers are asked for (`n`). */
  readonly choices: number;
  readonly images: number;
  /** A kind of content whose tokens its bytes do not bound; null when there is none. */
  readonly media: string | null;
  /** Which prompt cache writes it may cause. */
  readonly cacheWrite: 'none' | '5m' | '1h';
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
const readKeys = ['model', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'n'];
export const outputKeys = ['max_tokens', 'max_completion_tokens'] as const;
const choicesMax = 128;

/** Reads a body; a fault names what is wrong and where, never the text itself. */
export function readChatRequest(dialect: Dialect, body: Uint8Array): ModelRequest | RequestFault {
  if (!isUtf8(body)) return { fault: 'the body is not UTF-8' };
  const scan = scanJsonObject(body);
  if ('fault' in scan) return { fault: `not valid JSON: ${scan.fault} (byte ${scan.offset})` };
  const ambiguous = ambiguousKey(scan.members);
  if (ambiguous !== null) return { fault: ambiguous };
  const value = (key: string) => parseMember(body, memberOf(scan, key));
  const model = value('model');
  if (typeof model !== 'string' || model === '') return { fault: '`model` must be a name' };
  const stream = value('stream') ?? false;
  if (typeof stream !== 'boolean') return { fault: '`stream` must be true or false' };
  const choices = value('n') ?? 1;
  if (!isCount(choices, 1, choicesMax)) return { fault: '`n` must be a whole number up to 128' };
  const options = memberOf(scan, 'stream_options')?.kind ?? 'null';
  if (options !== 'object' && options !== 'null') {
    return { fault: '`stream_options` must be an object' };
  }
  const outputs: number[] = [];
  for (const key of outputKeys) {
    const tokens = value(key) ?? null;
    if (tokens === null) continue;
    if (!isCount(tokens, 0)) return { fault: `\`${key}\` must be a whole number` };
    outputs.push(tokens);
  }
  const outputTokens = outputs.length === 0 ? null : Math.max(...outputs);
  const facts = { dialect, bytes: body.length, scan, model, stream, outputTokens, choices };
  return { ...facts, ...contentOf(scan), unbounded: unboundedBy(scan, value) };
}

export function memberOf(scan: JsonScan, key: string): JsonMember | undefined {
  return scan.members.find((member) => member.key === key);
}

/**
 * RFC 8259 leaves the meaning of a repeated name open: we and the provider may read another value.
 */
function ambiguousKey(members: readonly JsonMember[]): string | null {
  const seen = new Set<string>();
  for (const { key } of members) {
    if (seen.has(key)) return `the key ${JSON.stringify(key.slice(0, 64))} stands twice`;
    seen.add(key);
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
  const bytes = body.subarray(member.valueStart, member.valueEnd);
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}

function isCount(value: unknown, min: number, max = 1_000_000_000): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function contentOf(scan: JsonScan): Pick<ModelRequest, 'images' | 'media' | 'cacheWrite'> {
  let images = 0;
  let media: string | null = null;
  for (const [type, count] of scan.types) {
    if (isMediaImage(type)) images += count;
    else if (!isPlainType(type)) media ??= type;
  }
  // A ttl we do not know may be the dear one.
  const isShort = [...scan.ttls].every((ttl) => ttl === '5m');
  const cacheWrite = scan.hasCacheControl ? (isShort ? '5m' : '1h') : 'none';
  return { images, media, cacheWrite };
}

function unboundedBy(scan: JsonScan, value: (key: string) => unknown): string | null {
  for (const { key } of scan.members) {
    const allowed = costlyField(key);
    if (allowed === null) continue;
    const given = value(key);
    if (given === null || (typeof given === 'string' && allowed.includes(given))) continue;
    return `\`${key}\``;
  }
  for (const type of scan.types.keys()) {
    if (costlyType(type)) return `the type ${JSON.stringify(type.slice(0, 64))}`;
  }
  return null;
}
