// The examples of docs/cache.md are read as they stand there, and what it says of defaults is so.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { llmRulesOf } from '../topology/llm-rules.ts';
import { cacheSchema } from './cache-schema.ts';
import { parseConfig } from './load.ts';

const page = readFileSync(new URL('../../docs/cache.md', import.meta.url), 'utf8');
const providers = `version: 1
providers: { anthropic: { key: env:ANTHROPIC_API_KEY }, openai: { key: env:OPENAI_API_KEY } }
budget: { usd: 20, per: day }
`;
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);

test('the examples of the page are read', () => {
  const kinds = examples.map((text) => {
    const models = text.includes('models:')
      ? ''
      : 'models: { default: anthropic/claude-opus-4-5 }\n';
    const { cache } = llmRulesOf(parseConfig(`${providers}${models}${text}`, 'clincher.yaml'));
    return `${cache?.mode} ${cache?.embedding.kind}`;
  });
  assert.deepEqual(kinds, [
    'exact built-in',
    'semantic built-in',
    'semantic onnx',
    'semantic model',
  ]);
});

test('the defaults are those of the page, and every key stands there', () => {
  const { cache } = llmRulesOf(parseConfig(`${providers}cache: {}\n`, 'clincher.yaml'));
  assert.ok(cache !== null);
  const { ttlMs, ttlMsMax, share, tools, optIn, semantic, limits } = cache;
  assert.deepEqual(
    [ttlMs, ttlMsMax, share, tools, optIn],
    [600_000, 86_400_000, 'session', 'never', false],
  );
  assert.deepEqual(
    [semantic.policy, semantic.errorMax, semantic.checkShare],
    ['verified', 0.01, 0.02],
  );
  assert.deepEqual([limits.entriesMax, limits.bytesMax], [100_000, 256 * 1024 * 1024]);
  for (const key of Object.keys(cacheSchema.shape)) assert.match(page, new RegExp(`\`${key}[\`.]`));
});
