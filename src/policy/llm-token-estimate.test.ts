// The estimate of a count: by what the model reads, media by what they stand for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimateTokens } from './llm-token-estimate.ts';

const of = (body: object) => estimateTokens(Buffer.from(JSON.stringify(body)));
const said = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const base64 = (type: string, bytes: number) => ({
  ...{ type, source: { type: 'base64', media_type: 'x/y', data: 'A'.repeat(bytes) } },
});

test('text counts by its bytes, also in tools and instructions; how to answer does not', () => {
  const text = 'word '.repeat(700);
  assert.ok(Math.abs(of(said(text)) - 1_000) < 20);
  assert.equal(of({ ...said(text), max_tokens: 9, metadata: { user_id: text } }), of(said(text)));
  assert.ok(of({ ...said(text), system: text, tools: [{ description: text }] }) > 3_000);
});

test('an image counts as one, whatever its bytes; a document by its pages', () => {
  const image = of(said([base64('image', 1_000_000)]));
  assert.ok(image > 1_600 && image < 1_620);
  assert.ok(of(said([base64('document', 130_000)])) > 5_000);
  assert.ok(of(said([base64('document', 130_000)])) < 5_050);
});
