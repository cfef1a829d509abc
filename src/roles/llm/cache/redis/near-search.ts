// What finds the nearest entries in Redis: there are two ways, and a Redis has one of them, both or
// none.

export interface NearSearch {
  /** Where the vector of a new entry goes. */
  place(scope: string, vector: Buffer): Promise<Place>;
  /** Nearest first. Null where Redis does not answer. */
  nearest(scope: string, vector: Buffer, count: number): Promise<readonly Found[] | null>;
}

export interface Place {
  /** Key of the scope's vectors; empty: there is none. */
  readonly set: string;
  /** Names and values, in turn, that its hash has besides. */
  readonly fields: readonly (string | Buffer)[];
}

export interface Found {
  readonly id: string;
  /** Cosine. */
  readonly similarity: number;
  /** Of `headFields`, in their order. */
  readonly fields: readonly (Buffer | null)[];
}
