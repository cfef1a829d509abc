// The golden cases of the user's file: cases/config/*.yaml, each an input, a line of dashes, and
// what comes of it. UPDATE=1 rewrites what comes of it; read the difference before you commit it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { summary } from '../testing/options-summary.ts';
import type { StackOptions } from '../topology/options.ts';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './load.ts';

const folder = new URL('../../cases/config/', import.meta.url);
const dashes = `\n${'-'.repeat(10)}\n`;

for (const name of readdirSync(folder).sort()) {
  test(`the config case ${name.replace(/\.yaml$/, '').replaceAll('-', ' ')}`, () => {
    const path = new URL(name, folder);
    const [input = '', expected = ''] = readFileSync(path, 'utf8').split(dashes);
    const actual = outcome(`${input}\n`, name === 'shortest.yaml' ? {} : standard());
    if (process.env.UPDATE === '1') writeFileSync(path, `${input}${dashes}${actual}\n`);
    else assert.equal(`${actual}\n`, expected);
  });
}

test('there are golden cases, of both kinds', () => {
  const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  assert.ok(texts.length >= 40);
  assert.ok(texts.some((text) => text.includes(`${dashes}{`)));
  assert.ok(texts.some((text) => /-\n1 error in clincher.yaml:\n/.test(text)));
});

/** What the options come down to, or the error as the command line prints it. */
function outcome(input: string, compared: Partial<StackOptions>): string {
  try {
    return summary(parse(input), compared);
  } catch (error) {
    if (error instanceof ConfigError) return error.format();
    throw error;
  }
}

function parse(input: string): StackOptions {
  return parseConfig(input, 'clincher.yaml');
}

/** What the shortest file comes to: the other cases show what differs from it. */
function standard(): StackOptions {
  const text = readFileSync(new URL('shortest.yaml', folder), 'utf8');
  return parse(text.split(dashes)[0] ?? '');
}
