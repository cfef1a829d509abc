// The examples of docs/llm.md are read as they stand there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { adapters } from '../roles/llm/providers/index.ts';
import { llmSettings } from '../roles/llm/settings.ts';
import { llmRulesOf } from '../topology/llm-rules.ts';
import { parseConfig } from './load.ts';

const page = readFileSync(new URL('../../docs/llm.md', import.meta.url), 'utf8');

function example(language: string): string {
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? '';
}

test('the models of the page are models', () => {
  const services = 'services: { ollama: { image: ollama/ollama } }\n';
  const text = `version: 1\nbudget: { usd: 20, per: day }\n${services}${example('yaml')}`;
  const { models, providers } = llmRulesOf(parseConfig(text, 'clincher.yaml'));
  const orders = (name: string) =>
    models.find((model) => model.name === name)?.deployments.map(({ order }) => order);
  assert.deepEqual(orders('steady'), [0, 1]);
  assert.deepEqual(orders('smart'), [0, 0]);
  assert.equal(providers.find(({ name }) => name === 'aws')?.kind, 'bedrock');
});

test('the settings of the page are settings', () => {
  const settings = llmSettings.parse(JSON.parse(example('json')));
  assert.equal(settings.models[0]?.strategy, 'simple-shuffle');
});

test('every kind of provider stands in the table of the page', () => {
  for (const kind of Object.keys(adapters))
    assert.match(page, new RegExp(`^\\|.*\`${kind}\``, 'm'));
});
