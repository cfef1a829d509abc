// Which entries may be compared with which, and the vectors that they are compared by. A scope is
// most often one entry that nobody asks near to: so a vector is made when it is asked for first.

import type { CacheQuestion } from '../../../../policy/llm-cache/types.ts';
import type { EmbedCall } from '../embedding/embedding.ts';
import type { RecentVectors } from '../recent-vectors.ts';
import { NearIndex } from '../vectors/near-index.ts';
import { type Quantized, quantize, VectorRows } from '../vectors/vector-rows.ts';
import type { Held } from './held.ts';

/** Vectors that one question waits for at most; the others are made with the next ones. */
const madeAtOnce = 64;

interface Scope {
  count: number;
  /** Those without a vector. */
  readonly waiting: Held[];
  index: NearIndex | null;
}

export interface NearHeld {
  readonly held: Held;
  readonly similarity: number;
}

export class Scopes {
  readonly #recent: RecentVectors | null;
  readonly #scopes = new Map<string, Scope>();
  readonly #heldOf: (Held | undefined)[] = [];
  #vectors: VectorRows | null = null;

  /** Null: nothing is compared. */
  constructor(recent: RecentVectors | null) {
    this.#recent = recent;
  }

  /** `vector` where it is known. */
  add(held: Held, vector: Quantized | null = null): void {
    const { question } = held;
    if (question === null || this.#recent === null) return;
    let scope = this.#scopes.get(question.scope);
    if (scope === undefined) {
      scope = { count: 0, waiting: [], index: null };
      this.#scopes.set(question.scope, scope);
    }
    scope.count += 1;
    const recent = vector === null ? this.#recent.known(question.text) : null;
    const known = recent === null ? vector : quantize(recent);
    if (known === null || !this.#index(scope, held, known)) scope.waiting.push(held);
  }

  remove(held: Held): void {
    const key = held.question?.scope ?? '';
    const scope = this.#scopes.get(key);
    if (scope === undefined) return;
    scope.count -= 1;
    if (scope.count === 0) this.#scopes.delete(key);
    const waits = scope.waiting.indexOf(held);
    if (waits >= 0) scope.waiting.splice(waits, 1);
    if (held.row === null) return;
    scope.index?.remove(held.row);
    this.#vectors?.remove(held.row);
    this.#heldOf[held.row] = undefined;
    held.row = null;
  }

  vectorOf({ row }: Held): Quantized | null {
    return row === null ? null : (this.#vectors?.read(row) ?? null);
  }

  /**
   * Nearest first. `onMade` hears of entries that have a vector now.
   * @throws EmbeddingFailure
   */
  async nearest(
    { scope: key, text }: CacheQuestion,
    count: number,
    call: EmbedCall,
    onMade: (held: Held) => void,
  ): Promise<NearHeld[]> {
    const scope = this.#scopes.get(key);
    if (scope === undefined) return [];
    const vector = await this.#embed(text, call);
    if (vector === null) return [];
    if (scope.waiting.length > 0) await this.#makeWaiting(scope, call, onMade);
    if (vector.values.length !== this.#vectors?.dimensions) return [];
    const near = scope.index?.nearest(vector, count) ?? [];
    return near.flatMap(({ row, similarity }) => {
      const held = this.#heldOf[row];
      return held === undefined ? [] : [{ held, similarity }];
    });
  }

  async #makeWaiting(scope: Scope, call: EmbedCall, onMade: (held: Held) => void): Promise<void> {
    const batch = scope.waiting.splice(0, madeAtOnce);
    const made = await Promise.allSettled(
      batch.map((held) => this.#embed(held.question?.text ?? '', call)),
    );
    made.forEach((result, at) => {
      const held = batch[at];
      if (held === undefined || !held.live) return;
      if (result.status === 'rejected') scope.waiting.push(held);
      else if (result.value !== null && this.#index(scope, held, result.value)) onMade(held);
    });
  }

  async #embed(text: string, call: EmbedCall): Promise<Quantized | null> {
    const vector = (await this.#recent?.of(text, call)) ?? null;
    return vector === null ? null : quantize(vector);
  }

  /** False for a vector of another length than the rest: they cannot be compared. */
  #index(scope: Scope, held: Held, vector: Quantized): boolean {
    this.#vectors ??= new VectorRows(vector.values.length);
    if (vector.values.length !== this.#vectors.dimensions) return false;
    held.row = this.#vectors.add(vector);
    this.#heldOf[held.row] = held;
    scope.index ??= new NearIndex(this.#vectors);
    scope.index.add(held.row);
    return true;
  }
}
