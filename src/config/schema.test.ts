// The schema as editors and newcomers meet it: its file, its descriptions, the starter and the
// defaults.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { calcPrice } from '@pydantic/genai-prices';
import { runChecks } from '../check/index.ts';
import { standardTopology } from '../topology/standard.ts';
import { baseUrlText, nameText } from './fields.ts';
import { knownProviders } from './known-providers.ts';
import { parseConfig } from './load.ts';
import { reservedNames } from './own-services.ts';
import { configSchema } from './schema.ts';
import { configJsonSchema, configJsonSchemaText, schemaFile } from './schema-json.ts';
import { starterText } from './starter.ts';

const file = new URL(`../../${schemaFile}`, import.meta.url);

test('the schema file is what the schema says: run node scripts/reference.ts', () => {
  assert.equal(readFileSync(file, 'utf8'), configJsonSchemaText());
});

test('the schema is strict, and every key in it is described', () => {
  let keys = 0;
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, properties, additionalProperties } = node as Record<string, unknown>;
    if (type === 'object' && properties !== undefined) {
      assert.equal(additionalProperties, false, `${path} takes unknown keys`);
      for (const [key, value] of Object.entries(properties as Record<string, object>)) {
        assert.ok('description' in value, `${path}.${key} is not described`);
        keys++;
      }
    }
    for (const [key, value] of Object.entries(node)) walk(value, `${path}.${key}`);
  };
  walk(configJsonSchema(), '');
  assert.ok(keys > 40, `${keys} keys`);
});

test('the starter is read, is safe, and names its schema for editors', () => {
  const text = starterText('.cache/clincher.schema.json');
  assert.match(text, /^# yaml-language-server: \$schema=\.cache\/clincher\.schema\.json\n/);
  const options = parseConfig(text, 'clincher.yaml');
  assert.deepEqual(runChecks(standardTopology(options)), []);
  assert.equal(options.providers[0]?.keyText, 'env:ANTHROPIC_API_KEY');
  assert.equal(options.budgets[0]?.limitNanoUsd, 20_000_000_000);
});

test('what the starter says of defaults is so: without its # it comes to the same', () => {
  const text = starterText('x');
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^# (?=\s|models:|ingress:|egress:|sandbox:)/, ''));
  const opened = lines.join('\n');
  assert.notEqual(opened, text);
  const { models, ingress } = parseConfig(opened, 'clincher.yaml');
  const standard = parseConfig(text, 'clincher.yaml');
  assert.deepEqual({ ...ingress, at: null }, { ...standard.ingress, at: null });
  assert.equal(models[0]?.deployments[0]?.model, standard.models[0]?.deployments[0]?.model);
  assert.deepEqual(
    models.map(({ name }) => name),
    ['default'],
  );
});

test('every known provider is one the schema takes, and default models have a price', () => {
  for (const [name, { baseUrl, defaultModel }] of Object.entries(knownProviders)) {
    assert.ok(nameText.safeParse(name).success, name);
    assert.ok(baseUrlText.safeParse(baseUrl).success, baseUrl);
    assert.ok(new URL(baseUrl).protocol === 'https:' && !baseUrl.endsWith('/'), baseUrl);
    if (defaultModel === null) continue;
    const usage = { input_tokens: 1_000_000, output_tokens: 1_000_000 };
    const price = calcPrice(usage, defaultModel, { providerId: name });
    assert.ok((price?.total_price ?? 0) > 0, `${defaultModel} has no price`);
    assert.equal(price?.model.id, defaultModel, 'the price is of this model, not a similar one');
  }
});

test('no service of the user can have a name that a topology uses itself', () => {
  const text = starterText('x');
  for (const preset of ['default', 'reference']) {
    const surroundings = { demo: true };
    const extra = `preset: ${preset}\nmonitoring: { host: true }\n`;
    const options = parseConfig(text + extra, 'clincher.yaml', surroundings);
    const { services, externals } = standardTopology(options);
    for (const { name } of [...services, ...externals]) {
      const isTaken = reservedNames.includes(name) || !nameText.safeParse(name).success;
      assert.ok(isTaken, `${name} could be taken by a service of the user`);
    }
  }
});

test('the sections of the schema are the sections that are read', () => {
  const text = Object.keys(configSchema.shape)
    .map((key) => `${key}: [[]]\n`)
    .join('');
  for (const key of Object.keys(configSchema.shape)) {
    assert.throws(
      () => parseConfig(text, 'clincher.yaml'),
      new RegExp(` ${key}[:[]`),
      `${key} is read and refused`,
    );
  }
});
