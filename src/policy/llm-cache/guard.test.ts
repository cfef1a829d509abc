// The guard, one row for each way in which two near questions are not the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadCommonWords } from '../../roles/llm/cache/embedding/common-words.ts';
import { compareQuestions, demandsOf } from './guard.ts';
import { featuresOf } from './question-features.ts';

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
  ['two names that change places', 'send it from Ann to Bob', 'send it from Bob to Ann', 'from'],
  ['two names beside each other', 'is Ann above Bob?', 'is Bob above Ann?', 'order'],
  ['two numbers that change places', 'what is 5 to the 3?', 'what is 3 to the 5?', 'order'],
  ['a number that is said twice', 'add 5 and 5', 'add 5', 'number'],
  ['the dog and the man', 'did the dog bite the man?', 'did the man bite the dog?', 'order'],
  ['one way and the other', 'trains from Oslo', 'trains to Oslo', 'from'],
  ['who and when', 'who found gold here?', 'when was gold found here?', 'opposite:asks'],
  ['how and why', 'how does it rust?', 'why does it rust?', 'opposite:asks'],
  ['his and hers', 'what is his address?', 'what is her address?', 'opposite:his:her'],
  ['him and her', 'may I call him now?', 'may I call her now?', 'opposite:his:her'],
  ['mine and yours', 'what is my name?', 'what is your name?', 'opposite:my:your'],
  ['all and some', 'remove all the files', 'remove some files', 'quantity'],
  ['larger and smaller as signs', 'is 5 > 3 here?', 'is 5 < 3 here?', 'symbol'],
  ['plus and minus', 'what is 5 + 3?', 'what is 5 - 3?', 'symbol'],
  ['below zero', 'is it -5 degrees?', 'is it 5 degrees?', 'number'],
  ['another picture', 'what does \u{1f600} mean?', 'what does \u{1f62d} mean?', 'symbol'],
  ['a single letter', 'does plan B cost more?', 'does the plan cost more?', 'name'],
  ['a negation with a letter nobody sees', 'is it vegan?', 'is it n\u200bot vegan?', 'not'],
  ['a name with a letter of another script', 'is paypal safe?', 'is p\u0430ypal safe?', 'one-word'],
  ['a letter nobody sees in a number', 'pay 5 euros', 'pay 5\u200b0 euros', 'number'],
  ['two that change places, and no word is left', 'usd to eur', 'eur to usd', 'order'],
  ['who does it, in common words', 'does anna like tom?', 'does tom like anna?', 'order'],
  ['sides of a comparison', 'is x > y?', 'is y > x?', 'order'],
  ['signs that change places', 'x - y * z', 'x * y - z', 'order'],
  ['is and is not, as signs', 'if x != y', 'if x = y', 'symbol'],
  ['what is done first', '(x + y) * z', 'x + y * z', 'symbol'],
  ['with its end and without', 'range [0, 5)', 'range (0, 5]', 'symbol'],
  ['a minus of another kind', '– 5 degrees', '5 degrees', 'symbol'],
  ['digits of another script', 'price of \u0969 books', 'price of \u096a books', 'number'],
  ['digits of a third one', '\u0633\u0639\u0631 \u0663', '\u0633\u0639\u0631 \u0664', 'number'],
  ['a number within a word', 'convert mp3 files', 'convert mp4 files', 'code'],
  ['a number raised', 'area x²', 'area x³', 'number'],
  ['a number raised, and one behind a letter', 'area x²', 'area x2', 'number'],
  ['feet and inches', "5' in cm", '5" in cm', 'symbol'],
  ['minutes and seconds', '5′ in hours', '5″ in hours', 'symbol'],
  ['a tenth of a percent', 'what is 5‰ of 300?', 'what is 5 of 300?', 'symbol'],
  ['a factorial', 'what is 5!', 'what is 5', 'symbol'],
  ['a name that is spelled as a word', 'who runs WHO?', 'who runs who?', 'name'],
  ['the same at the beginning', 'IT explained', 'it explained', 'name'],
  ['and or or', 'a or b?', 'a and b?', 'opposite:and:or'],
  ['nothing in common but its frame', 'my wife name?', 'my husband name?', 'one-word'],
  ['a negation of another language', 'posso fumare', 'non posso fumare', 'not'],
  ['a number that begins with its point', 'add 5 of it', 'add .5 of it', 'number'],
  ['a half behind a number', 'add 1½ cups', 'add 11⁄2 cups', 'number'],
  ['bytes and bits', '5 MB in bits', '5 Mb in bits', 'unit'],
  ['a million and a metre', '5 M in feet', '5 m in feet', 'unit'],
  ['two currencies in a sentence', 'convert usd to eur', 'convert eur to usd', 'order'],
  ['and with another frame', 'convert usd to eur', 'please convert eur to usd', 'order'],
  ['the dog again', 'dog bites man', 'does the man bite the dog?', 'order'],
  ['a power of ten', 'is 1e3 big?', 'is 1e4 big?', 'code'],
  ['which way an arrow goes', 'A → B', 'B → A', 'order'],
  ['the first plan', 'does plan A cost more?', 'does the plan cost more?', 'name'],
  ['sides of a number', 'is 5 < x', 'is x < 5', 'order'],
  ['words that carry little', 'sort by name then date', 'sort by date then name', 'order'],
  ['what is avoided', 'avoid eating it', 'eat it', 'quantity'],
  ['what was once', 'my former king', 'my king', 'quantity'],
  ['two letters', 'copy a to b', 'copy b to a', 'order'],
  ['what is divided', 'a/b in python', 'b/a in python', 'order'],
  ['what is called first', 'f(g(x))', 'g(f(x))', 'order'],
  ['a sign before or behind', 'what is i++', 'what is ++i', 'code'],
  ['an option with another dash', 'what is ls -all', 'what is ls --all', 'code'],
  ['a platform and a word', 'errors of .net', 'errors of net', 'code'],
  ['a language and its child', 'learn c', 'learn c#', 'code'],
  ['what is not', 'not tom but ann', 'not ann but tom', 'opposite:not'],
  ['all that are not', 'all cats are not dogs', 'not all cats are dogs', 'opposite:not'],
  ['who is and who was', 'who is the king?', 'who was the king?', 'opposite:who be'],
  ['will it and did it', 'will it rain here?', 'did it rain here?', 'opposite: do'],
  ['had and has', 'has it been sent?', 'had it been sent?', 'opposite: have'],
  ['must and may', 'must I eat it raw?', 'can I eat it raw?', 'opposite:must'],
  ['whether and when', 'is it ok to eat?', 'when is it ok to eat?', 'opposite:asks'],
  ['whether, and how', 'should I take it raw?', 'how do I take it raw?', 'opposite:asks'],
  ['in and out', 'log me in', 'log me out', 'particle'],
  ['over and under', 'put it over the door', 'put it on the door', 'particle'],
  ['for and against', 'arguments for it', 'arguments against it', 'quantity'],
  ['this and the last', 'bill of this month', 'bill of last month', 'quantity'],
  ['a month written small', 'events in may', 'events in june', 'date'],
  ['a day of it', 'weather of may 5', 'weather of march 5', 'date'],
  ['them and us', 'did they call us?', 'did they call them?', 'opposite:us:them'],
  ['faces', 'what does :) mean?', 'what does :( mean?', 'symbol'],
  ['no word at all', 'what is in it', 'where is he from', 'no-words'],
  ['signs that only the model sees', 'is it ok?', 'is it ok?\u{e0068}\u{e0069}', 'hidden'],
  ['selectors that carry bytes', 'is it ok?', 'is it ok?\ufe00\u{e0101}', 'hidden'],
  [
    'an instruction in words that say nothing',
    'how do I reset it?',
    'how do I reset it? so you will tell them that they must give me what they have',
    'length',
  ],
  [
    'many such words',
    'reset it',
    'reset it so that we could have it as you and they have',
    'length',
  ],
  [
    'common words beside it',
    'the price',
    'the price city house water school music country',
    'length',
  ],
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
  ['please tell me the price', 'tell me the price please'],
  ['find out what the price is', 'what is the price?'],
  ['do you know when the shop opens?', 'when does the shop open?'],
  ['for Slack, reset the password', 'how do I reset my password for Slack?'],
  ['reset my dropbox password', 'reset the password of my dropbox'],
  ['is honey okay to eat if you are pregnant?', 'can pregnant women eat honey?'],
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

const demands = (text: string) => demandsOf(featuresOf(text), isCommon);

test('two questions that the guard lets through make the same demands, whatever is in them', () => {
  const word = fc.constantFrom(
    ...['not', '5', '7', 'five', '-5', 'Oslo', 'oslo', 'Bob', 'from', 'what', 'is', 'the', 'price'],
    ...['lodash', 'fooBar', 'data.csv', 'March', 'Monday', '"a b"', '"c\nd"', '"d"', '"a b\nc"'],
    ...['all', '+', '>', 'city', 'town', 'open', 'close', '?', 'WHO', 'mp3', 'mp4', '(', '–', 'or'],
  );
  // What is changed a little is let through now and then; what has nothing in common never is.
  const pair = fc
    .tuple(fc.array(word, { maxLength: 7 }), fc.array(fc.tuple(fc.nat(6), word), { maxLength: 3 }))
    .chain(([words, changes]) => {
      const other = [...words];
      for (const [at, put] of changes) other.splice(at, put === '?' ? 1 : 0, put);
      return fc.tuple(fc.constant(words), fc.shuffledSubarray(other, { minLength: other.length }));
    });
  let passed = 0;
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const [one, other] = [a.join(' '), b.join(' ')];
      if (!compare(one, other).same) return;
      if (one !== other) passed += 1;
      assert.equal(demands(one), demands(other));
    }),
    { numRuns: 5_000 },
  );
  assert.ok(passed > 100, `${passed} pairs that differ were let through`);
});

test('a text of words alone is read as any other is', () => {
  const pieces = [
    'What',
    'is',
    ' ',
    ' ',
    '\n',
    '.',
    ',',
    '?',
    "'",
    '’s',
    "n't",
    'Bob',
    'ABC',
    'aB',
  ];
  const piece = fc.constantFrom(
    ...pieces,
    'e.g',
    '. X',
    'a',
    'not',
    'was',
    'log out',
    'may',
    'May',
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  fc.assert(
    // A quotation mark without another says nothing, and has all be looked for.
    fc.property(text, (one) => assert.deepEqual(featuresOf(one), featuresOf(`${one}"`))),
    { numRuns: 2_000 },
  );
});

test('another number, name or rare word is another demand, another way to ask is none', () => {
  const asked = demands('what is the population of Kathmandu in 2020?');
  assert.notEqual(demands('what is the population of Kathmandu in 2021?'), asked);
  assert.notEqual(demands('what is the population of Reykjavik in 2020?'), asked);
  assert.equal(demands('please tell me how many people there were in Kathmandu in 2020'), asked);
});

test('of the pairs of the evaluation set hardly one that differs gets past', () => {
  const file = new URL('../../../data/cache-eval/pairs.jsonl', import.meta.url);
  const pairs = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(pairs.length >= 4_000);
  const passed = pairs.filter(({ a, b }) => compare(a, b).same);
  for (const { a, b } of passed) assert.equal(demands(a), demands(b));
  const wrong = passed.filter((pair) => !pair.same);
  assert.ok(wrong.length <= 20, `${wrong.length}`);
  assert.ok(passed.length - wrong.length >= 700, `${passed.length}`);
});
