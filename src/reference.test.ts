// The pages of docs/reference say what the code says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from './check/index.ts';
import { hostItems } from './hardening/index.ts';
import { metricNames } from './telemetry/names.ts';
import { referencePages } from './testing/reference-pages.ts';

const root = join(import.meta.dirname, '..');

for (const [path, content] of referencePages()) {
  test(`${path} is what the code says; otherwise run node scripts/reference.ts`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), content);
  });
}

test('each page tells every item of its list', () => {
  const pages = referencePages();
  const findings = pages.get('docs/reference/findings.md') ?? '';
  for (const { id } of [...checks, ...hostItems]) assert.ok(findings.includes(`## ${id}\n`), id);
  const metrics = pages.get('docs/reference/metrics.md') ?? '';
  for (const name of Object.values(metricNames)) assert.ok(metrics.includes(name), name);
  const config = pages.get('docs/reference/config.md') ?? '';
  const deep = ['`providers.NAME.key`', '`egress.rules[].hosts`', '`models.NAME.price.input`'];
  for (const key of deep) assert.ok(config.includes(key), key);
});
