// The vectors of one large scope, in groups of what is near each other, each with its middle. Who
// looks for what is near looks into the groups whose middles are. A group that grows too large is
// parted in two, so that nothing has to be trained or built anew.

import { partInTwo } from './part-in-two.ts';
import { countDifferences, leastLimit, sketchWords, writeSketch } from './sketch.ts';
import { type Quantized, quantize, VectorRows } from './vector-rows.ts';

const groupMax = 256;
/** Groups that are looked into; two thousand vectors or so. */
const groupsLooked = 12;
/** A new vector joins the nearest group: among so many that it hardly ever is another one. */
const groupsWeighed = 4;
/** Middles that are compared exactly for each group that is wanted. */
const middlesPerGroup = 3;

interface Group {
  readonly rows: Int32Array;
  readonly codes: Int32Array;
  count: number;
}

export class Clusters {
  readonly #vectors: VectorRows;
  /** Sketches are of where a vector lies from here: the mean of the first ones. */
  readonly #center: Float32Array;
  readonly #groups: Group[] = [newGroup()];
  /** One for each group, of the same number. */
  readonly #middles: VectorRows;
  #middleCodes: Int32Array = new Int32Array(64 * sketchWords);
  #size = 0;

  constructor(vectors: VectorRows, rows: readonly number[]) {
    this.#vectors = vectors;
    this.#middles = new VectorRows(vectors.dimensions);
    this.#center = meanOf(rows.map((row) => vectors.read(row)));
    this.#setMiddle(0, this.#center);
    for (const row of rows) this.add(row);
  }

  get size(): number {
    return this.#size;
  }

  add(row: number): void {
    const vector = this.#vectors.read(row);
    const sketch = this.#sketchOf(vector);
    const [nearest = 0] = this.#nearestGroups(vector, sketch, groupsWeighed);
    this.#put(nearest, row, sketch, 0);
    this.#size += 1;
    const group = this.#groups[nearest];
    if (group !== undefined && group.count === groupMax) this.#part(nearest, group);
  }

  remove(row: number): void {
    const index = this.#vectors.groupOf(row);
    const group = this.#groups[index];
    const at = group?.rows.subarray(0, group.count).indexOf(row) ?? -1;
    if (group === undefined || at < 0) return;
    const last = group.count - 1;
    group.rows[at] = group.rows[last] ?? 0;
    group.codes.copyWithin(at * sketchWords, last * sketchWords, group.count * sketchWords);
    group.count = last;
    this.#size -= 1;
    if (last === 0 && this.#groups.length > 1) this.#drop(index);
  }

  rows(): number[] {
    return this.#groups.flatMap(({ rows, count }) => [...rows.subarray(0, count)]);
  }

  /** About `count` rows, likely the nearest, by their sketches: what comes first is not known. */
  likely(vector: Quantized, count: number): number[] {
    const sketch = this.#sketchOf(vector);
    const looked = this.#nearestGroups(vector, sketch, groupsLooked).flatMap(
      (index) => this.#groups[index] ?? [],
    );
    const distances = new Uint16Array(looked.reduce((sum, group) => sum + group.count, 0));
    let from = 0;
    for (const group of looked) {
      countDifferences(sketch, group.codes, group.count, distances, from);
      from += group.count;
    }
    const limit = leastLimit(distances, count);
    const found: number[] = [];
    from = 0;
    for (const group of looked) {
      for (let i = 0; i < group.count; i += 1) {
        if ((distances[from + i] ?? 0) <= limit) found.push(group.rows[i] ?? 0);
      }
      from += group.count;
    }
    return found;
  }

  /** Nearest first: some by their sketches, of these the nearest by the vectors. */
  #nearestGroups(vector: Quantized, sketch: Int32Array, count: number): number[] {
    const distances = new Uint16Array(this.#groups.length);
    countDifferences(sketch, this.#middleCodes, distances.length, distances, 0);
    const limit = leastLimit(distances, middlesPerGroup * count);
    const near: { index: number; similarity: number }[] = [];
    for (let index = 0; index < distances.length; index += 1) {
      if ((distances[index] ?? 0) > limit) continue;
      near.push({ index, similarity: this.#middles.similarity(index, vector) });
    }
    near.sort((a, b) => b.similarity - a.similarity);
    return near.slice(0, count).map(({ index }) => index);
  }

  #sketchOf(vector: Quantized): Int32Array {
    const sketch = new Int32Array(sketchWords);
    writeSketch(vector, this.#center, sketch, 0);
    return sketch;
  }

  #put(index: number, row: number, codes: Int32Array, from: number): void {
    const group = this.#groups[index];
    if (group === undefined) return;
    group.rows[group.count] = row;
    group.codes.set(codes.subarray(from, from + sketchWords), group.count * sketchWords);
    group.count += 1;
    this.#vectors.setGroup(row, index);
  }

  #part(index: number, { rows, codes, count }: Group): void {
    const { sides, middles } = partInTwo(Array.from(rows, (row) => this.#vectors.read(row)));
    const made = this.#groups.length;
    this.#groups[index] = newGroup();
    this.#groups.push(newGroup());
    this.#setMiddle(index, middles[0]);
    this.#setMiddle(made, middles[1]);
    for (let i = 0; i < count; i += 1) {
      this.#put(sides[i] === 0 ? index : made, rows[i] ?? 0, codes, i * sketchWords);
    }
  }

  #setMiddle(index: number, mean: Float32Array): void {
    const middle = quantize(mean);
    this.#middles.write(index, middle);
    if (this.#middleCodes.length === index * sketchWords) {
      const wider = new Int32Array(2 * this.#middleCodes.length);
      wider.set(this.#middleCodes);
      this.#middleCodes = wider;
    }
    writeSketch(middle, this.#center, this.#middleCodes, index * sketchWords);
  }

  /** The last group takes the place of an empty one. */
  #drop(index: number): void {
    const last = this.#groups.pop();
    const from = this.#groups.length;
    if (last === undefined || index === from) return;
    this.#groups[index] = last;
    this.#middles.write(index, this.#middles.read(from));
    const codes = this.#middleCodes;
    codes.copyWithin(index * sketchWords, from * sketchWords, (from + 1) * sketchWords);
    for (let i = 0; i < last.count; i += 1) this.#vectors.setGroup(last.rows[i] ?? 0, index);
  }
}

function newGroup(): Group {
  return {
    rows: new Int32Array(groupMax),
    codes: new Int32Array(groupMax * sketchWords),
    count: 0,
  };
}

function meanOf(vectors: readonly Quantized[]): Float32Array {
  const mean = new Float32Array(vectors[0]?.values.length ?? 0);
  for (const { values, scale } of vectors) {
    for (let i = 0; i < mean.length; i += 1) {
      mean[i] = (mean[i] ?? 0) + ((values[i] ?? 0) * scale) / vectors.length;
    }
  }
  return mean;
}
