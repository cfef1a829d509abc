// Fuzz targets: the bodies of model calls. What the scanner takes, a plain parse takes too and
// finds the same in; what it refuses beyond that is one of its declared bounds. What is changed in
// a body is what a plain parse says was changed, and nothing else.

import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { type RewriteFor, rewrite } from '../../policy/llm-edits.ts';
import { type JsonScan, scanJsonObject } from '../../policy/llm-json.ts';
import { readModelRequest } from '../../policy/llm-request.ts';
import { splice } from '../../policy/llm-splice.ts';
import type { FuzzTarget } from './run.ts';
import { tokensOf } from './texts.ts';

const chat = {
  model: 'a "model" é',
  max_tokens: 64,
  messages: [
    { role: 'user', content: 'long words without an end '.repeat(3) },
    { role: 'user', content: 'line\nline\t\u0001 \ud83d\ude00' },
    { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { ttl: '1h' } }] },
    { role: 'assistant', content: [{ type: 'tool_use', input: { type: 'image', n: -1.5e-7 } }] },
  ],
  tools: [{ type: 'custom', input_schema: { type: 'object', properties: {} } }],
  stream: true,
  temperature: null,
};
const opaque = new Set(['input', 'input_schema', 'parameters', 'schema', 'metadata']);
const bounds = /too deeply|too many|too long|must be a JSON object/;

const seeds = [JSON.stringify(chat), JSON.stringify(chat, null, 2), '{}', '{"type":"x"}'].map(
  (text) => Buffer.from(text),
);
const tokens = tokensOf(
  '{ } [ ] , : " \\ \\" \\\\ \\u0074 \\ud800 \\x 0 -0 01 1. 1e 1e5 . true tru null "type" ' +
    '"t\\u0079pe" "image" "input" "cache_control":{} "ttl":"1h" \x00 \x1f \x7f \xc3\xa9 \xff',
);

export const modelBodyTarget: FuzzTarget = {
  name: 'model-body',
  weight: 10,
  seeds,
  tokens,
  check(input) {
    if (!isUtf8(input)) return 'not-utf8';
    const parsed = parse(input.toString('utf8'));
    const scan = scanJsonObject(input);
    if ('fault' in scan) {
      assert.ok(parsed === undefined || bounds.test(scan.fault), `refused: ${scan.fault}`);
      return parsed === undefined ? 'refused' : 'bounded';
    }
    assert.ok(typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed));
    assertMembers(scan, parsed, input);
    assertTypes(scan, parsed, 1);
    return 'read';
  },
};

const edited: RewriteFor = {
  ...{ model: 'theirs', outputTokens: 32, outputKey: 'max_tokens', countStreams: true },
  ...{ remove: ['temperature'], add: { extra: '{"a":1}' } },
};

export const modelEditTarget: FuzzTarget = {
  name: 'model-edit',
  weight: 5,
  seeds,
  tokens: [
    ...tokens,
    ...tokensOf('"max_tokens":9, "max_completion_tokens":null, "temperature":1, "extra":0,'),
    ...tokensOf('"stream_options":{}, {"include_usage":false} "stream":false,'),
  ],
  check(input) {
    const request = readModelRequest('chat', input);
    if ('fault' in request) return 'refused';
    const { edits } = rewrite(input, request, edited);
    const after = Object.entries(parse(splice(input, edits).toString('utf8')) as object);
    const before = Object.entries(parse(input.toString('utf8')) as object);
    assert.deepEqual(new Map(after), expected(new Map(before), request.stream));
    return edits.length > 3 ? 'changed' : 'changed a little';
  },
};

/** The same changes, of what was parsed. */
function expected(before: Map<string, unknown>, isStream: boolean): Map<string, unknown> {
  const after = new Map(before).set('model', edited.model);
  for (const key of edited.remove) after.delete(key);
  const bounds = ['max_tokens', 'max_completion_tokens'];
  for (const key of bounds) {
    const given = before.get(key);
    if (typeof given === 'number') after.set(key, Math.min(given, edited.outputTokens));
  }
  if (bounds.every((key) => (before.get(key) ?? null) === null)) {
    after.set(edited.outputKey, edited.outputTokens);
  }
  if (!before.has('extra')) after.set('extra', { a: 1 });
  const options = before.get('stream_options') ?? {};
  if (isStream) after.set('stream_options', { ...options, include_usage: true });
  return after;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function assertMembers({ members }: JsonScan, parsed: object, input: Buffer): void {
  const last = new Map(members.map((member) => [member.key, member]));
  assert.deepEqual([...last.keys()].sort(), Object.keys(parsed).sort());
  for (const [key, { keyStart, valueStart, valueEnd }] of last) {
    assert.deepEqual(JSON.parse(input.toString('utf8', valueStart, valueEnd)), get(parsed, key));
    assert.equal(input[keyStart], 0x22);
  }
}

/** A parse keeps one of two equal keys, the scanner sees both: so it finds at least as much. */
function assertTypes(scan: JsonScan, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, one] of Object.entries(value)) {
    const isNamed = !Array.isArray(value);
    if (isNamed && key === 'cache_control') assert.ok(scan.hasCacheControl);
    if (isNamed && depth > 1 && opaque.has(key)) continue;
    const isShort = typeof one === 'string' && one.length < 32;
    if (isNamed && depth > 1 && key === 'type' && isShort) assert.ok(scan.types.has(one), one);
    assertTypes(scan, one, depth + 1);
  }
}

function get(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}
