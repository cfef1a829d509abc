// The guard, one row for each way in which two near questions are not the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadCommonWords } from '../../roles/llm/cache/embedding/common-words.ts';
import { compareQuestions, featuresOf } from './guard.ts';

const isCommon = loadCommonWords();
const compare = (a: string, b: string) => compareQuestions(featuresOf(a), featuresOf(b), isCommon);

const others: readonly (readonly [trick: string, a: string, b: string, why: string])[] = [
  ['another number', 'convert 5 km to metres', 'convert 7 km to metres', 'number'],
  ['another number in words', 'give me two reasons', 'give me three reasons', 'number'],
  ['another percentage', 'alert at 80% disk use', 'alert at 85% disk use', 'number'],
  ['another amount', 'tax on $52,000', 'tax on $520,000', 'number'],
  ['another name', 'the capital of France?', 'the capital of Spain?', 'name'],
  ['a name written small', 'the capital of france?', 'the capital of spain?', 'one-word'],
  ['another day', 'weather on Monday', 'weather on Tuesday', 'date'],
  ['another month', 'invoices of March', 'invoices of May', 'date'],
  ['a negation', 'is honey vegan?', 'is honey not vegan?', 'not'],
  ['a short negation', 'why does it start?', "why doesn't it start?", 'not'],
  [
    'the contrary',
    'how do I enable dark mode?',
    'how do I disable dark mode?',
    'opposite:enable:disable',
  ],
  [
    'before and after',
    'holidays before the exam',
    'holidays after the exam',
    'opposite:before:after',
  ],
  ['another function', 'explain parseConfig', 'explain parseSettings', 'code'],
  ['another case of one', 'explain fooBar', 'explain foobar', 'code'],
  ['another file', 'read data.csv', 'read data.tsv', 'code'],
  ['another quotation', 'translate "good day"', 'translate "good night"', 'quote'],
  ['one word for another', 'symptoms of measles', 'symptoms of asthma', 'one-word'],
  ['other rare words', 'steps to install lodash', 'help me install terraform', 'rare-word'],
];

for (const [trick, a, b, why] of others) {
  test(`not the same: ${trick}`, () => {
    assert.deepEqual(compare(a, b), { same: false, why });
    assert.equal(compare(b, a).same, false);
  });
}

const same: readonly (readonly [a: string, b: string])[] = [
  ['what is the capital of France?', 'tell me the capital city of France, please'],
  ['what is 5 km in metres?', 'how many metres are 5 km?'],
  ['what is 1,250 times 2?', 'how much is 1250 times 2?'],
  ['who wrote Hamlet?', 'who is the author of Hamlet?'],
  ['what is parseConfig for?', 'what does parseConfig do?'],
];

for (const [a, b] of same) {
  test(`may be the same: ${a} | ${b}`, () => assert.equal(compare(a, b).same, true));
}

test('the verdict does not depend on the order, and a text is the same as itself', () => {
  const text = fc.array(
    fc.constantFrom('not', '5', 'Oslo', 'what', 'price', '"a b"', 'fooBar', 'March', '.'),
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [one, other] = [a.join(' '), b.join(' ')];
      assert.equal(compare(one, other).same, compare(other, one).same);
      assert.equal(compare(one, one).same, true);
    }),
  );
});

test('of the pairs of the evaluation set hardly one that differs gets past', () => {
  const file = new URL('../../../data/cache-eval/pairs.jsonl', import.meta.url);
  const pairs = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(pairs.length >= 4_000);
  const passed = pairs.filter(({ a, b }) => compare(a, b).same);
  const wrong = passed.filter((pair) => !pair.same);
  assert.ok(wrong.length <= 20, `${wrong.length}`);
  assert.ok(passed.length - wrong.length >= 700, `${passed.length}`);
});
