// The nearest by Redis 8's own vector sets: one for each scope, so nothing of another scope can be
// found, and one question suffices.

import type { RedisLink } from '../../shared/redis-link.ts';
import { headFields } from './fields.ts';
import type { Found, NearSearch, Place } from './near-search.ts';
import { nearScript } from './scripts.ts';

export class VectorSets implements NearSearch {
  readonly #link: RedisLink;
  readonly #setPrefix: string;
  readonly #entryPrefix: string;

  constructor(link: RedisLink, setPrefix: string, entryPrefix: string) {
    this.#link = link;
    this.#setPrefix = setPrefix;
    this.#entryPrefix = entryPrefix;
  }

  async place(scope: string): Promise<Place> {
    return { set: this.#setPrefix + scope, fields: [] };
  }

  async nearest(scope: string, vector: Buffer, count: number): Promise<readonly Found[] | null> {
    // Some of them may have ended: as many again take their places.
    const args = [vector, 2 * count, this.#entryPrefix, ...headFields];
    const answer = await this.#link.ask('EVAL', nearScript, 1, this.#setPrefix + scope, ...args);
    if (answer === null) return null;
    return (answer as [Buffer, Buffer, (Buffer | null)[]][])
      .map(([id, score, fields]) => ({
        id: String(id),
        // Theirs is from 0, opposite, to 1.
        similarity: 2 * Number(score) - 1,
        fields,
      }))
      .slice(0, count);
  }
}
