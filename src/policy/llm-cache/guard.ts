// Decides, before similarity does, that two questions cannot mean the same: what differs in a
// number, a name, a date, a negation or a piece of code is another question, however near it is.

import {
  antonymOf,
  articles,
  functionWords,
  monthOf,
  negations,
  numberWords,
  sameWord,
} from './word-lists.ts';

/** What of a question must be found again in another one. Made once for each text. */
export interface QuestionFeatures {
  /** Marked with their kind: `number:5`, `name:oslo`, `code:parseconfig`, `quote:...`. */
  readonly marks: ReadonlySet<string>;
  /** Words that carry meaning, in their plain form, in order. */
  readonly words: readonly string[];
  /** Words with an opposite: which side of which pair. */
  readonly sides: ReadonlyMap<string, string>;
}

export type GuardVerdict =
  | { readonly same: true; readonly shared: number }
  | { readonly same: false; readonly why: string };

const quoted = /"([^"]{1,400})"|“([^”]{1,400})”|«([^»]{1,400})»|`([^`]{1,400})`/gu;
const code =
  /\b(?:[a-z]+(?:[A-Z][A-Za-z0-9]*)+|[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+|[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)+|\w+\(\))/gu;
const number = /[$€£¥]?\d+(?:[.,:]\d+)*%?/gu;
const word = /\p{L}[\p{L}\p{M}'’]*/gu;

export function featuresOf(text: string): QuestionFeatures {
  const marks = new Set<string>();
  let rest = text.normalize('NFKC');
  const take = (pattern: RegExp, kind: string, plain: (found: string) => string) => {
    rest = rest.replace(pattern, (found) => {
      marks.add(`${kind}:${plain(found)}`);
      // A quotation's words are compared whole, so that none of them counts alone.
      return kind === 'quote' ? ' ' : ` ${found} `;
    });
  };
  take(quoted, 'quote', (found) => found.slice(1, -1).toLowerCase().trim());
  take(code, 'code', (found) => found);
  take(number, 'number', plainNumber);
  const words: string[] = [];
  const sides = new Map<string, string>();
  let isFirst = true;
  for (const [found] of rest.matchAll(word)) {
    const low = found.toLowerCase().replaceAll('’', "'");
    readWord(found, low, isFirst, marks, words, sides);
    isFirst = false;
  }
  return { marks, words, sides };
}

function readWord(
  found: string,
  low: string,
  isFirst: boolean,
  marks: Set<string>,
  words: string[],
  sides: Map<string, string>,
): void {
  if (negations.has(low) || low.endsWith("n't")) {
    marks.add('not');
    return;
  }
  const written = numberWords.get(low);
  if (written !== undefined) marks.add(`number:${written}`);
  const date = monthOf(low, found);
  if (date !== null) {
    marks.add(`date:${date}`);
    return;
  }
  const plain = sameWord(low.replace(/'s$/, '').replace(/'$/, ''));
  const opposite = antonymOf(plain);
  if (opposite !== null) sides.set(opposite.pair, opposite.side);
  if ([low, plain].some((one) => functionWords.has(one) || articles.has(one))) return;
  // Who writes a name small is still compared, as a word.
  if (!isFirst && /^\p{Lu}/u.test(found) && found !== 'I') marks.add(`name:${plain}`);
  words.push(plain);
}

/** `1,250.50` and `1250.5` are one number; `1.250` stays what it is. */
function plainNumber(found: string): string {
  const plain = found.replace(/,(?=\d{3}\b)/g, '');
  return /^\d+\.\d*0+$/.test(plain) ? plain.replace(/\.?0+$/, '') : plain;
}

/** Symmetric. `shared` is how much of the words both have, 0 to 1. */
export function compareQuestions(
  a: QuestionFeatures,
  b: QuestionFeatures,
  isCommon: (word: string) => boolean,
): GuardVerdict {
  const missing = difference(a.marks, b.marks, b) ?? difference(b.marks, a.marks, a);
  if (missing !== null) return { same: false, why: missing };
  for (const [pair, side] of a.sides) {
    const other = b.sides.get(pair);
    if (other !== undefined && other !== side) return { same: false, why: `opposite:${pair}` };
  }
  const [wordsA, wordsB] = [new Set(a.words), new Set(b.words)];
  const onlyA = [...wordsA].filter((one) => !wordsB.has(one));
  const onlyB = [...wordsB].filter((one) => !wordsA.has(one));
  const both = wordsA.size - onlyA.length;
  // One word in the place of another: a template with another filling.
  if (onlyA.length === 1 && onlyB.length === 1 && both > 0) return { same: false, why: 'one-word' };
  // A word that is not in everybody's mouth is what is asked about.
  if ([...onlyA, ...onlyB].some((one) => !isCommon(one))) return { same: false, why: 'rare-word' };
  const shared = both / Math.max(wordsA.size + wordsB.size - both, 1);
  return { same: true, shared };
}

/** A name may stand in the other as a plain word; anything else must be there as it is. */
function difference(
  marks: ReadonlySet<string>,
  others: ReadonlySet<string>,
  { words }: QuestionFeatures,
): string | null {
  for (const mark of marks) {
    if (others.has(mark)) continue;
    if (mark.startsWith('name:') && words.includes(mark.slice('name:'.length))) continue;
    return mark.split(':', 1)[0] ?? mark;
  }
  return null;
}
