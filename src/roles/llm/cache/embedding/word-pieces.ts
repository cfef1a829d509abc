// Text to word pieces, as the model that the vectors come from cuts it: lower case without accents,
// punctuation by itself, the longest known piece first (Wu et al. 2016; Devlin et al. 2019).

/** A word beyond this is one unknown piece, whatever it is made of. */
const wordCharactersMax = 100;
const continued = '##';
const unknown = '[UNK]';

export class WordPieces {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknown: number;

  /** A piece a line; its number is its line's, from 0. */
  constructor(vocabulary: string) {
    const pieces = vocabulary.trimEnd().split('\n');
    this.#ids = new Map(pieces.map((piece, id) => [piece, id]));
    this.#unknown = this.#ids.get(unknown) ?? 0;
  }

  /** At most `piecesMax` of them, from the start. */
  cut(text: string, piecesMax: number): number[] {
    const pieces: number[] = [];
    for (const word of wordsOf(text)) {
      this.#cutWord(word, pieces);
      if (pieces.length >= piecesMax) return pieces.slice(0, piecesMax);
    }
    return pieces;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The number of a word that is one piece; null for any other. Smaller ones are more frequent. */
  rankOf(word: string): number | null {
    return this.#ids.get(word) ?? null;
  }

  #cutWord(word: string, pieces: number[]): void {
    const whole = this.#ids.get(word);
    if (whole !== undefined) {
      pieces.push(whole);
      return;
    }
    const begun = pieces.length;
    // The longest are looked at no further: each letter of one may begin as many pieces.
    const letters = word.length > 2 * wordCharactersMax ? null : [...word];
    if (letters === null || letters.length > wordCharactersMax) {
      pieces.push(this.#unknown);
      return;
    }
    let from = 0;
    while (from < letters.length) {
      let to = letters.length;
      let id: number | undefined;
      while (to > from && id === undefined) {
        const piece = letters.slice(from, to).join('');
        id = this.#ids.get(from === 0 ? piece : continued + piece);
        to -= 1;
      }
      if (id === undefined) {
        pieces.length = begun;
        pieces.push(this.#unknown);
        return;
      }
      pieces.push(id);
      from = to + 1;
    }
  }
}

/** Punctuation in the model's sense: all of ASCII's that is no letter or digit, and Unicode's P. */
const punctuation = '!-\\/:-@\\[-`\\{-~\\p{P}';
const ideograph = '\\u4e00-\\u9fff\\u3400-\\u4dbf\\uf900-\\ufaff';
const word = new RegExp(`[${punctuation}]|[${ideograph}]|[^\\s${punctuation}${ideograph}]+`, 'gu');

function wordsOf(text: string): string[] {
  const plain = text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}|[[\p{Cc}\p{Cf}]--[\t\n\r]]|\ufffd/gv, '');
  return plain.match(word) ?? [];
}
