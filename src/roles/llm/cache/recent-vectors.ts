// The vectors of texts that were asked for a moment ago: what is asked for and not found is stored
// next, and a vector may cost money.

import { Latest } from '../../../kit/latest.ts';
import type { EmbedCall, Embedding } from './embedding/embedding.ts';

const recentMax = 64;

export class RecentVectors {
  readonly embedding: Embedding;
  readonly #recent = new Latest<string, Float32Array>(recentMax);

  constructor(embedding: Embedding) {
    this.embedding = embedding;
  }

  /** Null where nobody asked for it lately. */
  known(text: string): Float32Array | null {
    return this.#recent.get(text) ?? null;
  }

  /**
   * Null for a text without one.
   * @throws EmbeddingFailure
   */
  async of(text: string, call: EmbedCall): Promise<Float32Array | null> {
    const known = this.known(text);
    if (known !== null) return known;
    const vector = await this.embedding.embed(text, call);
    if (vector !== null) this.#recent.set(text, vector);
    return vector;
  }
}
