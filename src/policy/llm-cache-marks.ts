// Where cache breakpoints pay in a request of the Messages API that has none: after the system
// prompt (with the tools before it) and after the last message, which the next turn reads up to.
// Source: Anthropic's page on prompt caching.

import { type JsonMember, type JsonScan, scanJsonObject } from './llm-json.ts';
import { memberOf } from './llm-request.ts';
import type { Edit } from './llm-splice.ts';

/** What is shorter is never cached: 1,024 tokens at least, and a token is a few bytes. */
export const cacheableBytesMin = 4_096;
const mark = '"cache_control":{"type":"ephemeral"}';
/** Blocks that may carry a mark; thoughts may not. */
const markable = new Set(['text', 'image', 'document', 'tool_use', 'tool_result']);

/**
 * Whether what is written will likely be read again: a write costs a quarter more than plain
 * input, a read a tenth. A conversation goes on and a tool is called in a loop; a lone question
 * is asked once.
 */
export function marksPay({ members }: JsonScan, bytes: number): boolean {
  if (bytes < cacheableBytesMin) return false;
  const find = (key: string) => members.find((member) => member.key === key);
  const [tools, messages] = [find('tools'), find('messages')];
  const hasTools = tools?.kind === 'array' && tools.lastStart !== null;
  return hasTools || (messages !== undefined && !isLone(messages));
}

/** For a body that was scanned and has no mark. Nothing where a place cannot be read plainly. */
export function cacheMarks(body: Uint8Array, scan: JsonScan): readonly Edit[] {
  const system = memberOf(scan, 'system');
  const tools = memberOf(scan, 'tools');
  const first = system === undefined ? [] : afterContent(body, system, 0);
  const front = first.length > 0 || tools === undefined ? first : afterLast(body, tools, 0, false);
  return [...front, ...afterMessages(body, memberOf(scan, 'messages'))];
}

function afterMessages(body: Uint8Array, messages: JsonMember | undefined): readonly Edit[] {
  const last = messages === undefined ? null : lastObject(body, messages, 0);
  const content = last === null ? undefined : memberOf(last.scan, 'content');
  return last === null || content === undefined ? [] : afterContent(body, content, last.offset);
}

/** A text or a list of blocks; `offset` is where the positions of the member begin to count. */
function afterContent(body: Uint8Array, member: JsonMember, offset: number): readonly Edit[] {
  if (member.kind !== 'string') return afterLast(body, member, offset, true);
  // An empty text may not be marked.
  if (member.valueEnd - member.valueStart <= 2) return [];
  const [start, end] = [offset + member.valueStart, offset + member.valueEnd];
  return [
    { start, end: start, text: '[{"type":"text","text":' },
    { start: end, end, text: `,${mark}}]` },
  ];
}

function afterLast(
  body: Uint8Array,
  member: JsonMember,
  offset: number,
  isBlock: boolean,
): readonly Edit[] {
  const last = lastObject(body, member, offset);
  if (last === null) return [];
  if (isBlock && !isMarkable(body, last)) return [];
  const end = last.scan.members.at(-1)?.valueEnd;
  if (end === undefined) return [];
  const at = last.offset + end;
  return [{ start: at, end: at, text: `,${mark}` }];
}

function isMarkable(body: Uint8Array, { scan, offset }: Located): boolean {
  const read = (key: string) => {
    const member = memberOf(scan, key);
    if (member?.kind !== 'string' || member.valueEnd - member.valueStart > 64) return null;
    const bytes = body.subarray(offset + member.valueStart, offset + member.valueEnd);
    return String(JSON.parse(Buffer.from(bytes).toString('utf8')));
  };
  const type = read('type');
  return type !== null && markable.has(type) && (type !== 'text' || read('text') !== '');
}

interface Located {
  readonly scan: JsonScan;
  readonly offset: number;
}

function lastObject(body: Uint8Array, member: JsonMember, offset: number): Located | null {
  if (member.kind !== 'array' || member.lastStart === null) return null;
  const start = offset + member.lastStart;
  const scan = scanJsonObject(body.subarray(start, offset + member.valueEnd - 1));
  return 'fault' in scan ? null : { scan, offset: start };
}

function isLone({ lastStart, valueStart, kind }: JsonMember): boolean {
  // Only space can stand before the first element.
  return kind !== 'array' || lastStart === null || lastStart - valueStart <= 16;
}
