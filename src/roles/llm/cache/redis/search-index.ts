// The nearest by an index of RediSearch over all entries, asked for those of one scope.

import type { RedisLink } from '../../shared/redis-link.ts';
import { headFields } from './fields.ts';
import type { Found, NearSearch, Place } from './near-search.ts';

const bytesPerNumber = Float32Array.BYTES_PER_ELEMENT;

export class SearchIndex implements NearSearch {
  readonly #link: RedisLink;
  readonly #name: string;
  readonly #entryPrefix: string;
  /** Of the embedding, so that an index has vectors of one kind. */
  readonly #field: string;
  #made: Promise<void> | null = null;

  constructor(link: RedisLink, name: string, entryPrefix: string, field: string) {
    this.#link = link;
    this.#name = name;
    this.#entryPrefix = entryPrefix;
    this.#field = field;
  }

  async place(scope: string, vector: Buffer): Promise<Place> {
    await this.#makeOnce(vector);
    return { set: '', fields: ['tag', scope, this.#field, vector] };
  }

  async nearest(scope: string, vector: Buffer, count: number): Promise<readonly Found[] | null> {
    await this.#makeOnce(vector);
    // A scope's name here is a digest: nothing in it means anything to the query.
    const query = `@tag:{${scope}}=>[KNN $count @${this.#field} $vector AS distance]`;
    const answer = await this.#link.ask(
      ...(['FT.SEARCH', this.#name, query, 'PARAMS', 4, 'count', count, 'vector'] as const),
      ...[vector, 'RETURN', headFields.length + 1, 'distance', ...headFields],
      ...['SORTBY', 'distance', 'LIMIT', 0, count, 'DIALECT', 2],
    );
    if (answer === null) {
      // It may have been dropped, with all that was in it.
      this.#made = null;
      return null;
    }
    const [, ...rows] = answer as [number, ...(Buffer | Buffer[])[]];
    const found: Found[] = [];
    for (let at = 0; at + 1 < rows.length; at += 2) {
      const values = byName(rows[at + 1] as Buffer[]);
      found.push({
        id: String(rows[at]).slice(this.#entryPrefix.length),
        similarity: 1 - Number(values.get('distance') ?? 1),
        fields: headFields.map((name) => values.get(name) ?? null),
      });
    }
    return found;
  }

  /** Once for a connection. */
  #makeOnce(vector: Buffer): Promise<void> {
    this.#made ??= this.#make(vector.length / bytesPerNumber);
    return this.#made;
  }

  async #make(dimensions: number): Promise<void> {
    const names = (await this.#link.ask('FT._LIST')) as Buffer[] | null;
    if (names?.some((name) => String(name) === this.#name)) return;
    await this.#link.ask(
      ...(['FT.CREATE', this.#name, 'ON', 'HASH', 'PREFIX', 1, this.#entryPrefix] as const),
      ...['SCHEMA', 'tag', 'TAG', this.#field, 'VECTOR', 'HNSW', 6],
      ...['TYPE', 'FLOAT32', 'DIM', dimensions, 'DISTANCE_METRIC', 'COSINE'],
    );
  }
}

function byName(flat: readonly Buffer[]): ReadonlyMap<string, Buffer> {
  const values = new Map<string, Buffer>();
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const value = flat[at + 1];
    if (value !== undefined) values.set(String(flat[at]), value);
  }
  return values;
}
