// The nearest vectors of one scope, few or many, against comparing each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NearIndex } from './near-index.ts';
import { countDifferences, leastLimit, sketchWords, writeSketch } from './sketch.ts';
import { quantize, VectorRows } from './vector-rows.ts';

const dimensions = 48;

/** Around one of some middles, as questions are around what they are about. */
function vectorsAround(middles: number, count: number, seed: number): Float32Array[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const centers = Array.from({ length: middles }, () => Array.from({ length: dimensions }, random));
  return Array.from({ length: count }, (_, at) => {
    const center = centers[at % middles] ?? [];
    return unit(Float32Array.from(center, (value) => value + 0.6 * random()));
  });
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

function indexOf(vectors: readonly Float32Array[]): { rows: VectorRows; index: NearIndex } {
  const rows = new VectorRows(dimensions);
  const [first = 0, ...more] = vectors.map((vector) => rows.add(quantize(vector)));
  const index = new NearIndex(rows, first);
  for (const row of more) index.add(row);
  return { rows, index };
}

test('a product of vectors in bytes is that of the vectors', () => {
  const [a, b] = vectorsAround(1, 2, 5) as [Float32Array, Float32Array];
  const rows = new VectorRows(dimensions);
  const similarity = rows.similarity(rows.add(quantize(a)), quantize(b));
  assert.ok(Math.abs(similarity - cosine(a, b)) < 0.003, String(similarity));
});

test('of few the nearest are exactly those', () => {
  const vectors = vectorsAround(5, 90, 1);
  const { index } = indexOf(vectors);
  for (const asked of vectorsAround(5, 20, 2)) {
    const order = [...vectors.keys()].sort(
      (a, b) => cosine(vectors[b] ?? asked, asked) - cosine(vectors[a] ?? asked, asked),
    );
    const found = index.nearest(quantize(asked), 3);
    for (const [at, { row, similarity }] of found.entries()) {
      const best = cosine(vectors[order[at] ?? 0] ?? asked, asked);
      assert.ok(Math.abs(similarity - best) < 0.005, `${row}: ${similarity} ${best}`);
    }
  }
});

test('of many the nearest are found nine times in ten, also after many went', () => {
  const vectors = vectorsAround(20, 2_000, 3);
  const { rows, index } = indexOf(vectors);
  // Somewhat beside what is there, as a question in other words is.
  const beside = (one: Float32Array) =>
    unit(one.map((value, at) => value + 0.05 * Math.sin(at * at)));
  const share = (present: readonly number[]) => {
    const asked = present.slice(0, 100).map((row) => beside(vectors[row] ?? new Float32Array()));
    const found = asked.filter((one) => {
      const best = Math.max(...present.map((row) => cosine(vectors[row] ?? one, one)));
      return (index.nearest(quantize(one), 8)[0]?.similarity ?? -1) > best - 0.005;
    });
    return found.length / asked.length;
  };
  const all = [...vectors.keys()];
  assert.ok(share(all) >= 0.9, String(share(all)));
  const kept = all.filter((row) => row % 3 === 0);
  for (const row of all.filter((one) => one % 3 !== 0)) {
    index.remove(row);
    rows.remove(row);
  }
  assert.ok(share(kept) >= 0.9, String(share(kept)));
});

test('whatever comes and goes, what is there is found by itself and what went is not', () => {
  const vectors = vectorsAround(7, 700, 9);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 699 }), { maxLength: 600 }), (changes) => {
      const { rows, index } = indexOf(vectors.slice(0, 300));
      const rowOf = new Map(Array.from({ length: 300 }, (_, at) => [at, at]));
      for (const at of changes) {
        const row = rowOf.get(at);
        if (row === undefined) {
          const added = rows.add(quantize(vectors[at] ?? new Float32Array(dimensions)));
          index.add(added);
          rowOf.set(at, added);
        } else if (rowOf.size > 1) {
          index.remove(row);
          rows.remove(row);
          rowOf.delete(at);
        }
      }
      const present = new Set(rowOf.values());
      for (const at of changes.slice(-20)) {
        const found = index.nearest(quantize(vectors[at] ?? new Float32Array(dimensions)), 8);
        assert.ok(found.every(({ row }) => present.has(row)));
        const row = rowOf.get(at);
        if (row !== undefined) assert.ok((found[0]?.similarity ?? 0) > 0.99);
      }
    }),
    { numRuns: 15 },
  );
});

test('many of the same are parted and found all the same', () => {
  const [same = new Float32Array(dimensions)] = vectorsAround(1, 1, 4);
  const { index } = indexOf(Array.from({ length: 2_000 }, () => same));
  const found = index.nearest(quantize(same), 8);
  assert.equal(found.length, 8);
  assert.ok(found.every(({ similarity }) => similarity > 0.99));
});

test('sketches differ in as many bits as a count of each says', () => {
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const sketch = fc.array(word, { minLength: sketchWords, maxLength: sketchWords });
  const ones = (bits: number) => (bits >>> 0).toString(2).replaceAll('0', '').length;
  fc.assert(
    fc.property(sketch, sketch, (a, b) => {
      const into = new Uint16Array(1);
      countDifferences(Int32Array.from(a), Int32Array.from(b), 1, into, 0);
      assert.equal(
        into[0],
        a.reduce((sum, bits, at) => sum + ones(bits ^ (b[at] ?? 0)), 0),
      );
    }),
  );
  const opposite = new Uint16Array(1);
  countDifferences(new Int32Array(8), new Int32Array(8).fill(-1), 1, opposite, 0);
  assert.equal(opposite[0], 256);
});

test('what is near has a sketch that is near, at any length', () => {
  for (const length of [2, 48, 256, 300, 1_536]) {
    const one = unit(Float32Array.from({ length }, (_, at) => Math.sin(at * at + 1)));
    const near = unit(one.map((value, at) => value + 0.1 * Math.cos(at) * value));
    const codes = new Int32Array(2 * sketchWords);
    const center = new Float32Array(length);
    writeSketch(quantize(near), center, codes, 0);
    writeSketch(quantize(one.map((value) => -value)), center, codes, sketchWords);
    const sketch = new Int32Array(sketchWords);
    writeSketch(quantize(one), center, sketch, 0);
    const differ = new Uint16Array(2);
    countDifferences(sketch, codes, 2, differ, 0);
    assert.ok((differ[0] ?? 256) < 40, `${length}: ${differ[0]}`);
    assert.ok((differ[1] ?? 0) > 200, `${length}: ${differ[1]}`);
  }
});

test('the limit is the least that enough are within', () => {
  const differences = Uint16Array.of(9, 3, 3, 200, 7);
  assert.deepEqual(
    [1, 2, 3, 5, 9].map((count) => leastLimit(differences, count)),
    [3, 3, 7, 200, 256],
  );
});
