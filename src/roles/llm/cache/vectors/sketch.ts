// A vector in 256 bits: which side of each of 256 directions it lies on. How many bits of two
// differ says how wide the angle between them is, roughly, at a twentieth of the cost of the
// product (Charikar 2002); the directions come from a signed Hadamard transform, which needs no
// table of them (Ailon and Chazelle 2006).

import type { Quantized } from './vector-rows.ts';

export const sketchWords = 8;
const sketchBits = 32 * sketchWords;

/**
 * Of a vector of any length, seen from `center`: vectors that all lean one way would have nearly
 * the same sketch. Written to `into` at `at`.
 */
export function writeSketch(
  { values, scale }: Quantized,
  center: Float32Array,
  into: Int32Array,
  at: number,
): void {
  const turned = turn(values, scale, center);
  for (let word = 0; word < sketchWords; word += 1) {
    let bits = 0;
    const from = 32 * word;
    for (let bit = 0; bit < 32; bit += 1) {
      if ((turned[from + bit] ?? 0) > 0) bits |= 1 << bit;
    }
    into[at + word] = bits;
  }
}

/** Every sum with every other of them, so that no dimension weighs in one direction alone. */
function turn(values: Int8Array, scale: number, center: Float32Array): Float32Array {
  let size = sketchBits;
  while (size < values.length) size *= 2;
  const turned = new Float32Array(size);
  let sign = 0x9e3779b9;
  for (let i = 0; i < values.length; i += 1) {
    // Xorshift: the same signs for everybody, at any time.
    sign ^= sign << 13;
    sign ^= sign >>> 17;
    sign ^= sign << 5;
    const value = (values[i] ?? 0) * scale - (center[i] ?? 0);
    turned[i] = sign & 1 ? value : -value;
  }
  for (let half = 1; half < size; half *= 2) {
    for (let from = 0; from < size; from += 2 * half) {
      for (let i = from; i < from + half; i += 1) {
        const a = turned[i] ?? 0;
        const b = turned[i + half] ?? 0;
        turned[i] = a + b;
        turned[i + half] = a - b;
      }
    }
  }
  return turned;
}

/**
 * In how many bits each of `count` sketches, one after the other in `codes`, differs from `sketch`:
 * written to `into` from `to` on.
 */
export function countDifferences(
  sketch: Int32Array,
  codes: Int32Array,
  count: number,
  into: Uint16Array,
  to: number,
): void {
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0] = sketch;
  for (let i = 0; i < count; i += 1) {
    const from = i * sketchWords;
    const a = nibbles((codes[from] ?? 0) ^ s0) + nibbles((codes[from + 1] ?? 0) ^ s1);
    const b = nibbles((codes[from + 2] ?? 0) ^ s2) + nibbles((codes[from + 3] ?? 0) ^ s3);
    const c = nibbles((codes[from + 4] ?? 0) ^ s4) + nibbles((codes[from + 5] ?? 0) ^ s5);
    const d = nibbles((codes[from + 6] ?? 0) ^ s6) + nibbles((codes[from + 7] ?? 0) ^ s7);
    const bytes = (a & low) + ((a >>> 4) & low) + (b & low) + ((b >>> 4) & low);
    const more = (c & low) + ((c >>> 4) & low) + (d & low) + ((d >>> 4) & low);
    const pairs = (bytes & odd) + ((bytes >>> 8) & odd) + (more & odd) + ((more >>> 8) & odd);
    into[to + i] = (pairs & 0xffff) + (pairs >>> 16);
  }
}

const low = 0x0f0f0f0f;
const odd = 0x00ff00ff;

/** How many bits are set in each four; two such sums still fit. */
function nibbles(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  return (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
}

/** The least number of differing bits up to which there are `count` of them; the most, if never. */
export function leastLimit(differences: Uint16Array, count: number): number {
  const counts = new Uint32Array(sketchBits + 1);
  for (let i = 0; i < differences.length; i += 1) {
    const bits = differences[i] ?? 0;
    counts[bits] = (counts[bits] ?? 0) + 1;
  }
  let seen = 0;
  for (let bits = 0; bits < sketchBits; bits += 1) {
    seen += counts[bits] ?? 0;
    if (seen >= count) return bits;
  }
  return sketchBits;
}
