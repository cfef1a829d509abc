// The table that is shipped: the very one that was evaluated, cutting as the original's own program
// does, and as good at telling what asks the same from what does not as it was then.

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout } from '../../../../testing/source-tree.ts';
import { loadStaticEmbedding } from './static-embedding.ts';
import { WordPieces } from './word-pieces.ts';

const embedding = loadStaticEmbedding();

/** Whoever changes one of them evaluates again, and names the embedding anew: vectors are kept. */
const shipped = {
  'static.bin': 'd38a6724bf6d695b23b6323efdc962381b20053ab3bad12faae3c2962e0a8635',
  'vocabulary.txt': '07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3',
};

function rowsOf<Row>(file: string): Row[] {
  const lines = readFileSync(join(checkout, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

for (const [name, sum] of Object.entries(shipped)) {
  test(`${name} is the one that was evaluated`, () => {
    assert.equal(hash('sha256', readFileSync(join(import.meta.dirname, name))), sum);
    assert.equal(embedding.id, 'static-minilm-256-1');
  });
}

test('299 texts of many scripts are cut as the original cuts them', () => {
  const vocabulary = readFileSync(join(import.meta.dirname, 'vocabulary.txt'), 'utf8');
  const cutter = new WordPieces(vocabulary);
  const cases = rowsOf<{ text: string; pieces: number[] }>('cases/embedding-cuts.jsonl');
  assert.equal(cases.length, 299);
  for (const { text, pieces } of cases) {
    assert.deepEqual(cutter.cut(text, 512), pieces, JSON.stringify(text));
  }
});

test('a word of a million letters is one piece, and not looked into', () => {
  const cutter = new WordPieces(['[UNK]', 'a', '##a'].join('\n'));
  assert.deepEqual(cutter.cut(`a ${'a'.repeat(1e6)} ${'a'.repeat(101)} aa`, 512), [1, 0, 0, 1, 2]);
});

test('what asks the same is nearer than something else, 99 times in a hundred', () => {
  interface Pair {
    readonly a: string;
    readonly b: string;
    readonly same: boolean;
  }
  const pairs = rowsOf<Pair>('data/cache-eval/pairs.jsonl').filter(({ same }) => same);
  const similarity = (a: string, b: string) => {
    const [one, other] = [embedding.embedNow(a), embedding.embedNow(b)];
    assert.ok(one !== null && other !== null);
    return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
  };
  const half = pairs.length >> 1;
  const same = pairs.map(({ a, b }) => similarity(a, b));
  const other = pairs.map(({ a }, at) => similarity(a, pairs[(at + half) % pairs.length]?.b ?? ''));
  const wins = same.reduce((sum, one) => sum + other.filter((it) => one > it).length, 0);
  const share = wins / (same.length * other.length);
  assert.ok(share > 0.99, String(share));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  assert.ok(mean(same) > 0.75 && mean(other) < 0.3, `${mean(same)} ${mean(other)}`);
});
