// What a translation could not carry. Hints are dropped and named; what would change the meaning of
// the answer refuses the request. So nothing of a request is ever ignored in silence.

export interface Refused {
  readonly refused: string;
}

/** Collected along one translation; `at` is a path as in `messages[2].content[0]`. */
export class Losses {
  readonly #hints = new Set<string>();
  #refused: string | null = null;

  /** Dropped, and named in the answer's header and the record. */
  hint(at: string): void {
    if (this.#hints.size < hintsMax) this.#hints.add(at.slice(0, 120));
  }

  /** The request cannot be put in the other dialect: `why` completes "`at` ...". */
  refuse(at: string, why = 'cannot be put in the dialect of this model'): void {
    this.#refused ??= `\`${at.slice(0, 120)}\` ${why}`;
  }

  get hints(): readonly string[] {
    return [...this.#hints];
  }

  get refused(): string | null {
    return this.#refused;
  }
}

/** A request with more is unusual enough that the first ones tell what is going on. */
const hintsMax = 32;
