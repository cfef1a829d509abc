// The vectors of one scope: compared one by one while they are few, as in most scopes, and grouped
// once they are many.

import { Clusters } from './clusters.ts';
import type { Quantized, VectorRows } from './vector-rows.ts';

/** Up to here each is compared. */
const fewMax = 96;
/** Of many, how many of the likely ones are compared. */
const likelyCount = 24;

export interface NearRow {
  readonly row: number;
  /** Cosine. */
  readonly similarity: number;
}

export class NearIndex {
  readonly #vectors: VectorRows;
  #rows: number[] | Clusters;

  /** Most often of one vector alone: an array that was pushed to has room for sixteen more. */
  constructor(vectors: VectorRows, first: number) {
    this.#vectors = vectors;
    this.#rows = [first];
  }

  add(row: number): void {
    const rows = this.#rows;
    if (rows instanceof Clusters) rows.add(row);
    else if (rows.push(row) > fewMax) this.#rows = new Clusters(this.#vectors, rows);
  }

  remove(row: number): void {
    const rows = this.#rows;
    if (rows instanceof Clusters) {
      rows.remove(row);
      // Well below, or it would go to and fro.
      if (rows.size < fewMax / 2) this.#rows = rows.rows();
      return;
    }
    const at = rows.indexOf(row);
    if (at >= 0) rows.splice(at, 1);
  }

  /** Nearest first. Of many, one that is near is missed now and then. */
  nearest(vector: Quantized, count: number): NearRow[] {
    const rows = this.#rows;
    const likely = Math.max(likelyCount, 2 * count);
    const compared = rows instanceof Clusters ? rows.likely(vector, likely) : rows;
    return compared
      .map((row) => ({ row, similarity: this.#vectors.similarity(row, vector) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, count);
  }
}
