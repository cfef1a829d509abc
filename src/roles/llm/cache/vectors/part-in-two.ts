// Vectors in two halves, each of what is near its own middle: two means (Lloyd 1982), a few turns
// of it.

import { normalized } from '../embedding/embedding.ts';
import { productOf, type Quantized, quantize } from './vector-rows.ts';

const turns = 3;
/** The smaller half has at least this share. */
const partMin = 1 / 8;

type Side = 0 | 1;

export interface Halves {
  /** Of each vector, in their order. */
  readonly sides: readonly Side[];
  /** Of length one. */
  readonly middles: readonly [Float32Array, Float32Array];
}

export function partInTwo(vectors: readonly Quantized[]): Halves {
  let ends = farEnds(vectors);
  for (let turn = 1; ; turn += 1) {
    const sides = sidesOf(vectors, ends);
    const middles = [middleOf(vectors, sides, 0), middleOf(vectors, sides, 1)] as const;
    if (turn === turns) return { sides, middles };
    ends = [quantize(middles[0]), quantize(middles[1])];
  }
}

/** Two that are far from each other. */
function farEnds(vectors: readonly Quantized[]): readonly [Quantized, Quantized] {
  const [first] = vectors as readonly [Quantized];
  const farFrom = (one: Quantized) =>
    vectors.reduce((far, other) => (similarity(other, one) < similarity(far, one) ? other : far));
  const one = farFrom(first);
  return [one, farFrom(one)];
}

/** The one each leans to; by the order of how much, where one would get too few. */
function sidesOf(
  vectors: readonly Quantized[],
  [a, b]: readonly [Quantized, Quantized],
): readonly Side[] {
  const leans = vectors.map((one) => similarity(one, b) - similarity(one, a));
  const sides: Side[] = leans.map((lean) => (lean > 0 ? 1 : 0));
  const ones = sides.filter((side) => side === 1).length;
  if (Math.min(ones, sides.length - ones) >= sides.length * partMin) return sides;
  const order = [...leans.keys()].sort((i, j) => (leans[i] ?? 0) - (leans[j] ?? 0));
  order.forEach((i, place) => {
    sides[i] = place < sides.length / 2 ? 0 : 1;
  });
  return sides;
}

function middleOf(vectors: readonly Quantized[], sides: readonly Side[], side: Side): Float32Array {
  const sum = new Float32Array(vectors[0]?.values.length ?? 0);
  vectors.forEach(({ values, scale }, at) => {
    if (sides[at] !== side) return;
    for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + (values[i] ?? 0) * scale;
  });
  // Opposite vectors have no middle: any will do.
  return normalized(sum) ?? sum;
}

function similarity(a: Quantized, b: Quantized): number {
  return productOf(a.values, b.values, 0) * a.scale * b.scale;
}
