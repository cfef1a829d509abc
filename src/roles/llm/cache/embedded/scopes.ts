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
  /** The one string that all in it name it by. */
  readonly name: string;
  count: number;
  /** Those without a vector; null for none. */
  waiting: Held[] | null;
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
    if (held.scope === null || this.#recent === null) return;
    let scope = this.#scopes.get(held.scope);
    if (scope === undefined) {
      scope = { name: held.scope, count: 0, waiting: null, index: null };
      this.#scopes.set(held.scope, scope);
    }
    held.scope = scope.name;
    scope.count += 1;
    const recent = vector === null ? this.#recent.known(held.text) : null;
    const known = recent === null ? vector : quantize(recent);
    if (known === null || !this.#index(scope, held, known)) wait(scope, held);
  }

  remove(held: Held): void {
    const scope = this.#scopes.get(held.scope ?? '');
    if (scope === undefined) return;
    scope.count -= 1;
    if (scope.count === 0) this.#scopes.delete(scope.name);
    const waits = scope.waiting?.indexOf(held) ?? -1;
    if (waits >= 0) scope.waiting?.splice(waits, 1);
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
    { scope: name, text }: CacheQuestion,
    count: number,
    call: EmbedCall,
    onMade: (held: Held) => void,
  ): Promise<NearHeld[]> {
    const scope = this.#scopes.get(name);
    if (scope === undefined) return [];
    const vector = await this.#embed(text, call);
    if (vector === null) return [];
    if (scope.waiting !== null) await this.#makeWaiting(scope, scope.waiting, call, onMade);
    if (vector.values.length !== this.#vectors?.dimensions) return [];
    const near = scope.index?.nearest(vector, count) ?? [];
    return near.flatMap(({ row, similarity }) => {
      const held = this.#heldOf[row];
      return held === undefined ? [] : [{ held, similarity }];
    });
  }

  async #makeWaiting(
    scope: Scope,
    waiting: Held[],
    call: EmbedCall,
    onMade: (held: Held) => void,
  ): Promise<void> {
    const batch = waiting.splice(0, madeAtOnce);
    if (waiting.length === 0) scope.waiting = null;
    const made = await Promise.allSettled(batch.map(({ text }) => this.#embed(text, call)));
    made.forEach((result, at) => {
      const held = batch[at];
      if (held === undefined || !held.live) return;
      if (result.status === 'rejected') wait(scope, held);
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
    if (scope.index === null) scope.index = new NearIndex(this.#vectors, held.row);
    else scope.index.add(held.row);
    return true;
  }
}

function wait(scope: Scope, held: Held): void {
  // Most often it is the only one: an array that was pushed to has room for sixteen more.
  if (scope.waiting === null) scope.waiting = [held];
  else scope.waiting.push(held);
}
