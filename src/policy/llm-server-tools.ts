// Tools that run at the provider: which of them a request turns on, what bounds how often they run,
// and how often they did. Each use has a price of its own, and brings text into the prompt.
// Sources: Anthropic's "Server tools" and "Handling stop reasons" (ten rounds at most, then
// `pause_turn`), OpenAI's Responses reference (`max_tool_calls`) and both pricing pages.

import type { Api } from './llm-api.ts';
import { isClientTool, isMediaImage, isPlainType } from './llm-costly.ts';
import type { JsonMember, JsonScan } from './llm-json.ts';

export const toolKinds = ['webSearch', 'webFetch', 'fileSearch', 'codeExecution'] as const;
export type ToolKind = (typeof toolKinds)[number];
export type ToolUses = Readonly<Partial<Record<ToolKind, number>>>;

export interface ServerTools {
  /** As they stand in the request. */
  readonly types: readonly string[];
  /** Of the kinds in each, together no more than so many uses. */
  readonly bounds: readonly ToolBound[];
  /** How often the model reads the prompt at most: anew after each use. */
  readonly rounds: number;
  /** How often the bound on output holds anew. */
  readonly outputs: number;
}

export interface ToolBound {
  readonly kinds: readonly ToolKind[];
  readonly uses: number;
  /** A use of a larger machine counts as so many. */
  readonly units: number;
}

/** What stands in the way of a bound, in words that name the field to set. */
export interface UnboundedTool {
  readonly unbounded: string;
}

/** "The default limit is 10 iterations per request"; the answer that ends it comes on top. */
const loopRounds = 11;
const usesMax = 1_000;

/** Null where the type is none of a tool that runs at the provider and has a price here. */
export function toolKindOf(api: Api, type: string): ToolKind | null {
  if (api === 'messages') {
    const name = /^(web_search|web_fetch|code_execution)_[0-9]{8}$/.exec(type)?.[1];
    return name === undefined ? null : (messageTools[name] ?? null);
  }
  if (api !== 'responses') return null;
  if (/^web_search(?:_preview)?(?:_[0-9]{4}_[0-9]{2}_[0-9]{2})?$/.test(type)) return 'webSearch';
  return responseTools[type] ?? null;
}

const messageTools: Readonly<Record<string, ToolKind>> = {
  web_search: 'webSearch',
  web_fetch: 'webFetch',
  code_execution: 'codeExecution',
};
const responseTools: Readonly<Record<string, ToolKind>> = {
  file_search: 'fileSearch',
  code_interpreter: 'codeExecution',
};

/** Null where there are none, which costs one look at the kinds of content that were seen. */
export function readServerTools(
  api: Api,
  scan: JsonScan,
  body: Uint8Array,
): ServerTools | UnboundedTool | null {
  let some = false;
  for (const type of scan.types.keys()) some ||= toolKindOf(api, type) !== null;
  if (!some) return null;
  const { list, isTwofold } = toolsIn(scan, body);
  const found = list.flatMap((tool) => {
    const [type] = [fieldOf(tool, 'type')];
    const kind = typeof type === 'string' ? toolKindOf(api, type) : null;
    return kind === null || typeof type !== 'string' ? [] : [{ tool, type, kind }];
  });
  if (found.length === 0) return null;
  if (isTwofold) return { unbounded: twofold };
  const types = [...new Set(found.map(({ type }) => type))];
  const bounds =
    api === 'messages'
      ? found.map(({ tool, type, kind }) => messageBound(tool, type, kind))
      : [responseBound(found, callsMax(scan.members, body))];
  const fault = bounds.find((bound) => 'unbounded' in bound);
  if (fault !== undefined && 'unbounded' in fault) return fault;
  const held = bounds.filter((bound) => 'uses' in bound);
  if (api === 'messages') return { types, bounds: held, rounds: loopRounds, outputs: loopRounds };
  const calls = held.reduce((sum, { uses }) => sum + uses, 0);
  return { types, bounds: held, rounds: calls + 1, outputs: 1 };
}

/**
 * A tool that nobody here knows: it may run at the provider, past egress, and be billed apart.
 * Null where there is none, which mostly costs one look at the kinds of content.
 */
export function strangeTool(
  scan: JsonScan,
  body: Uint8Array,
  known: readonly string[],
): string | null {
  const isOdd = (type: string) => !isPlainType(type) && !isMediaImage(type);
  if (![...scan.types.keys()].some(isOdd)) return null;
  const { list, isTwofold } = toolsIn(scan, body);
  for (const tool of list) {
    const type = fieldOf(tool, 'type');
    // Anthropic's own form of a client's tool has none.
    if (typeof type !== 'string' || known.includes(type) || isClientTool(type)) continue;
    const isLocal = fieldOf(fieldOf(tool, 'environment'), 'type') === 'local';
    if (type !== 'shell' || !isLocal) return `the tool ${JSON.stringify(type.slice(0, 64))}`;
  }
  return isTwofold ? twofold : null;
}

const twofold = 'a tool with a key that stands twice';

/** RFC 8259 leaves open which of two of a name counts; the provider may take the other. */
function toolsIn(scan: JsonScan, body: Uint8Array) {
  const tools = scan.members.find(({ key }) => key === 'tools');
  if (tools?.kind !== 'array') return { list: [], isTwofold: false };
  const text = Buffer.from(body.subarray(tools.valueStart, tools.valueEnd)).toString('utf8');
  const list: readonly unknown[] = JSON.parse(text);
  return { list, isTwofold: keysIn(list) !== keysWritten(text) };
}

function messageBound(tool: unknown, type: string, kind: ToolKind): ToolBound | UnboundedTool {
  // One container for the whole request, billed by the time that it is there.
  if (kind === 'codeExecution') return { kinds: [kind], uses: 1, units: 1 };
  const uses = fieldOf(tool, 'max_uses');
  if (isCount(uses)) return { kinds: [kind], uses, units: 1 };
  return { unbounded: `the tool ${type} without \`max_uses\`` };
}

function responseBound(
  found: readonly { readonly tool: unknown; readonly type: string; readonly kind: ToolKind }[],
  calls: unknown,
): ToolBound | UnboundedTool {
  const [first] = found;
  if (!isCount(calls)) {
    return { unbounded: `the tool ${first?.type} without \`max_tool_calls\`` };
  }
  const units: number[] = [1];
  for (const { tool, kind } of found) {
    if (kind !== 'codeExecution') continue;
    const memory = fieldOf(fieldOf(tool, 'container'), 'memory_limit') ?? '1g';
    const size = typeof memory === 'string' ? /^(1|4|16|64)g$/.exec(memory)?.[1] : undefined;
    if (size === undefined) return { unbounded: 'a container with this `memory_limit`' };
    units.push(Number(size));
  }
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  return { kinds, uses: calls, units: Math.max(...units) };
}

function callsMax(members: readonly JsonMember[], body: Uint8Array): unknown {
  const member = members.find(({ key }) => key === 'max_tool_calls');
  if (member?.kind !== 'number') return null;
  return JSON.parse(Buffer.from(body.subarray(member.valueStart, member.valueEnd)).toString());
}

/** What a use costs where a price is known; null for a kind that has none. */
export type ToolPrices = Readonly<Partial<Record<ToolKind, number>>>;

/** The dearest that the uses can be, in nano-dollars, or the kind that has no price. */
export function dearestUses(
  { bounds }: ServerTools,
  prices: ToolPrices,
): number | { readonly unpriced: ToolKind } {
  let sum = 0;
  for (const { kinds, uses, units } of bounds) {
    let dearest = 0;
    for (const kind of kinds) {
      const price = prices[kind];
      if (price === undefined) return { unpriced: kind };
      dearest = Math.max(dearest, price * (kind === 'codeExecution' ? units : 1));
    }
    sum += uses * dearest;
  }
  return sum;
}

/** What was used, in nano-dollars. A container is there once it was asked for, used or not. */
export function usesCost(
  { bounds }: ServerTools,
  prices: ToolPrices,
  seen: ToolUses,
): { readonly uses: number; readonly nanoUsd: number } {
  let [uses, nanoUsd] = [0, 0];
  for (const kind of toolKinds) {
    const bound = bounds.find(({ kinds }) => kinds.includes(kind));
    if (bound === undefined) continue;
    const isCode = kind === 'codeExecution';
    const count = seen[kind] ?? (isCode ? 1 : 0);
    uses += count;
    nanoUsd += count * (prices[kind] ?? 0) * (isCode ? bound.units : 1);
  }
  return { uses, nanoUsd };
}

/** Of `usage.server_tool_use`. */
export function usesInMessage(usage: unknown): { readonly uses?: ToolUses } {
  const counts = fieldOf(usage, 'server_tool_use') ?? null;
  if (counts === null) return {};
  const webSearch = countIn(fieldOf(counts, 'web_search_requests'));
  return { uses: { webSearch, webFetch: countIn(fieldOf(counts, 'web_fetch_requests')) } };
}

/** Of a response's `output`: each call is an item. */
export function usesInResponse(response: unknown): { readonly uses?: ToolUses } {
  const output = fieldOf(response, 'output');
  const items: readonly unknown[] = Array.isArray(output) ? output : [];
  const of = (type: string) => items.filter((item) => fieldOf(item, 'type') === type).length;
  const [webSearch, fileSearch] = [of('web_search_call'), of('file_search_call')];
  const codeExecution = of('code_interpreter_call');
  return webSearch + fileSearch + codeExecution === 0
    ? {}
    : { uses: { webSearch, fileSearch, codeExecution } };
}

function countIn(value: unknown): number {
  return isCount(value) ? value : 0;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= usesMax;
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, one) => sum + keysIn(one), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}

function keysWritten(text: string): number {
  let count = 0;
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:)?/g)) if (colon) count += 1;
  return count;
}

function fieldOf(value: unknown, key: string): unknown {
  const has = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return has ? Reflect.get(value, key) : undefined;
}
