// The built-in embedding: cut as the model cuts, near what is near, of length one.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadCommonWords } from './common-words.ts';
import { loadStaticEmbedding } from './static-embedding.ts';
import { WordPieces } from './word-pieces.ts';

const embedding = loadStaticEmbedding();
const vocabulary = readFileSync(new URL('vocabulary.txt', import.meta.url), 'utf8');
const pieces = vocabulary.trimEnd().split('\n');
const cutter = new WordPieces(vocabulary);

/** What the original tokenizer makes of each, as its pieces. */
const cuts: readonly (readonly [text: string, expected: string])[] = [
  ['Hello, world!', 'hello , world !'],
  ["don't", "don ' t"],
  ["Ça va où l'été", "ca va ou l ' et ##e"],
  ['unaffable', 'una ##ffa ##ble'],
  ['foo_bar', 'foo _ bar'],
  ['a\tb\u200bc', 'a bc'],
  ['日本', '日 本'],
  ['x'.repeat(150), '[UNK]'],
  ['😀', '[UNK]'],
  ['', ''],
];

for (const [text, expected] of cuts) {
  test(`cut: ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.equal(
      cutter
        .cut(text, 512)
        .map((id) => pieces[id])
        .join(' '),
      expected,
    );
  });
}

test('the length is bounded, and every piece is one that is known', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.nat({ max: 50 }),
      (text, most) => {
        const cut = cutter.cut(text, most);
        assert.ok(cut.length <= most);
        for (const id of cut) assert.ok(id >= 0 && id < pieces.length);
      },
    ),
  );
});

test('vectors are of length one, and nothing has none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      const vector = embedding.embedNow(text);
      if (vector === null) return;
      const length = Math.hypot(...vector);
      assert.ok(Math.abs(length - 1) < 1e-4, String(length));
    }),
  );
  assert.equal(embedding.embedNow(' \n'), null);
});

test('what means the same is nearer than what does not', () => {
  const near = (a: string, b: string) => {
    const [one, other] = [embedding.embedNow(a), embedding.embedNow(b)];
    assert.ok(one !== null && other !== null);
    return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
  };
  const question = 'How do I reset my password?';
  assert.ok(near(question, "What's the way to change a forgotten password?") > 0.6);
  assert.ok(near(question, 'How do I bake sourdough bread?') < 0.5);
});

test('common words are those that everybody uses', () => {
  const isCommon = loadCommonWords();
  for (const word of ['what', 'price', 'city']) assert.equal(isCommon(word), true, word);
  for (const word of ['lodash', 'measles', 'kowalski']) assert.equal(isCommon(word), false, word);
});
