// What an agent did last: the tools that its model called and what they gave, read from the end of
// the conversation in a request. Names of calls differ each time and are left out; so is whatever
// was said beside them. Two steps with the same digest did the same and got the same.

import { createHash } from 'node:crypto';
import type { Api } from './llm-api.ts';
import { type ModelRequest, memberOf } from './llm-request.ts';

/** A step is rarely larger; one that is, is not looked at. */
const stepBytesMax = 128 * 1024;
const itemsMax = 64;

/** Null where the request does not bring back what tools gave. */
export function lastStep(request: ModelRequest, body: Buffer): string | null {
  const { api, scan } = request;
  const said = memberOf(scan, api === 'responses' ? 'input' : 'messages');
  const read = readers[api];
  if (read === undefined || said?.kind !== 'array') return null;
  const [calls, results]: [unknown[], unknown[]] = [[], []];
  for (const item of lastItems(body, said.valueStart, said.valueEnd)) {
    const { calls: called, results: given } = read(item);
    // Results stand after the calls that they are of, so the first call has all of them behind it.
    if (given.length > 0 && calls.length > 0) break;
    if (given.length === 0 && called.length === 0 && !isThought(item)) break;
    calls.push(...called);
    results.push(...given);
  }
  if (calls.length === 0 || results.length === 0) return null;
  return createHash('sha256')
    .update(JSON.stringify([calls, results]))
    .digest('base64url');
}

interface Step {
  readonly calls: readonly unknown[];
  readonly results: readonly unknown[];
}

const nothing: Step = { calls: [], results: [] };

const readers: Partial<Readonly<Record<Api, (item: unknown) => Step>>> = {
  messages(item) {
    const content = field(item, 'content');
    const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
    const of = (type: string) => blocks.filter((block) => field(block, 'type') === type);
    return {
      calls: of('tool_use').map((block) => [field(block, 'name'), field(block, 'input')]),
      results: of('tool_result').map((block) => field(block, 'content')),
    };
  },
  chat(item) {
    if (field(item, 'role') === 'tool') return { calls: [], results: [field(item, 'content')] };
    const calls = field(item, 'tool_calls');
    if (!Array.isArray(calls)) return nothing;
    return { calls: calls.map((call) => field(call, 'function')), results: [] };
  },
  responses(item) {
    const type = field(item, 'type');
    if (type === 'function_call_output') return { calls: [], results: [field(item, 'output')] };
    if (type !== 'function_call') return nothing;
    return { calls: [[field(item, 'name'), field(item, 'arguments')]], results: [] };
  },
};

/** Stands between calls, and is another each time. */
function isThought(item: unknown): boolean {
  return field(item, 'type') === 'reasoning';
}

/**
 * The last elements of an array that a scan has found to be JSON, from the last one on. Read
 * backwards: from outside of strings the next quote ends one, and it begins at the nearest quote
 * before that no backslash escapes.
 */
export function* lastItems(body: Buffer, start: number, end: number): Generator<unknown> {
  let [stop, depth, count] = [end - 1, 0, 0];
  const floor = Math.max(start, end - stepBytesMax);
  for (let at = stop - 1; at >= floor && count < itemsMax; at--) {
    const byte = body[at];
    if (byte === 0x22) at = openingQuote(body, at);
    else if (byte === 0x7d || byte === 0x5d) depth += 1;
    else if (depth > 0 && (byte === 0x7b || byte === 0x5b)) depth -= 1;
    else if (depth === 0 && (byte === 0x2c || at === start)) {
      const text = body.toString('utf8', at + 1, stop);
      if (text.trim() === '') return;
      yield JSON.parse(text);
      stop = at;
      count += 1;
    }
  }
}

function openingQuote(body: Buffer, closing: number): number {
  for (let at = body.lastIndexOf(0x22, closing - 1); ; at = body.lastIndexOf(0x22, at - 1)) {
    let escapes = 0;
    while (body[at - 1 - escapes] === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
}

function field(value: unknown, key: string): unknown {
  const has = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return has ? Reflect.get(value, key) : undefined;
}
