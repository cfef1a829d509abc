// How often the stack looks at itself, as the file says it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load.ts';

const start =
  'version: 1\nproviders: { anthropic: { key: env:KEY } }\nbudget: { usd: 1, per: day }\n';
const read = (text: string) => parseConfig(`${start}${text}`, 'clincher.yaml').verifyEveryMs;

test('a file may say how often, or never; without a word it is left to the stack', () => {
  assert.equal(read('verify: { every: 30m }'), 1_800_000);
  assert.equal(read('verify: { every: never }'), null);
  assert.equal(read(''), undefined);
});

test('what no timer can wait for is refused where it stands', () => {
  for (const every of ['8d', '0m', 'hourly', '60']) {
    assert.throws(() => read(`verify: { every: ${every} }`), /clincher\.yaml:4:/);
  }
});
