// The golden cases of the checks: cases/check/*.yaml, each a clincher.yaml, a line of dashes, and
// what is found in it. UPDATE=1 rewrites what is found; read the difference before you commit it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseConfig } from '../config/load.ts';
import { wholeFinding } from '../testing/findings.ts';
import { standardTopology } from '../topology/standard.ts';
import { runChecks } from './index.ts';

const folder = new URL('../../cases/check/', import.meta.url);
const dashes = `\n${'-'.repeat(10)}\n`;

for (const name of readdirSync(folder).sort()) {
  test(`the check case ${name.replace(/\.yaml$/, '').replaceAll('-', ' ')}`, () => {
    const path = new URL(name, folder);
    const [input = '', expected = ''] = readFileSync(path, 'utf8').split(dashes);
    const actual = outcome(`${input}\n`);
    if (process.env.UPDATE === '1') writeFileSync(path, `${input}${dashes}${actual}\n`);
    else assert.equal(`${actual}\n`, expected);
  });
}

test('there are golden cases, safe ones and others', () => {
  const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  assert.ok(texts.length >= 12);
  assert.ok(texts.some((text) => text.endsWith(`${dashes}safe\n`)));
  assert.ok(texts.some((text) => text.includes(': fatal ')));
});

function outcome(input: string): string {
  const options = parseConfig(input, 'clincher.yaml');
  const findings = runChecks(standardTopology(options));
  return findings.length === 0 ? 'safe' : findings.map(wholeFinding).join('\n');
}
