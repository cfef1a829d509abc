// Decides, before similarity does, that two questions cannot mean the same: what differs in a
// number, a name, a date, a negation or a piece of code is another question, however near it is.

import {
  antonymOf,
  articles,
  asksFor,
  functionWords,
  listedWords,
  monthOf,
  negations,
  numberWords,
  quantifiers,
  sameWord,
} from './word-lists.ts';

/** What of a question must be found again in another one. Made once for each text. */
export interface QuestionFeatures {
  /**
   * Marked with their kind, in their order: `number:5`, `name:oslo`, `code:parseconfig`,
   * `quote:...`.
   */
  readonly marks: readonly string[];
  /** Words that carry meaning, in their plain form, in order. */
  readonly words: readonly string[];
  /** Words with an opposite: which side of which pair. */
  readonly sides: ReadonlyMap<string, string>;
  /** All of them as they stand, those that carry none too. */
  readonly all: readonly string[];
}

export type GuardVerdict =
  | { readonly same: true; readonly shared: number }
  | { readonly same: false; readonly why: string };

const quoted = /"([^"]{1,400})"|“([^”]{1,400})”|«([^»]{1,400})»|`([^`]{1,400})`/gu;
const code = new RegExp(
  [
    '\\b(?:[a-z]+(?:[A-Z][A-Za-z0-9]*)+|[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)',
    '\\b(?:[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)+|\\w+\\(\\))',
    '(?<![\\p{L}\\p{N}])\\p{L}+\\p{N}[\\p{L}\\p{N}]*',
  ].join('|'),
  'gu',
);
/** Any of them may be a minus. */
const dash = /[\u2010-\u2015\u2212]/g;
const number = /(?<![\p{L}\p{N}])-?[$€£¥]?\p{Nd}+(?:[.,:]\p{Nd}+)*%?/gu;
/**
 * What calculates, compares or shows a thing, and the marks of feet and minutes; not what only ends
 * or joins sentences.
 */
const symbol = new RegExp(
  [
    '[\\p{S}#@%&*/\\\\‰‱′″‴]|!(?==)|(?<=^|\\s)-(?=\\s)',
    '(?<=\\p{Nd} ?)(?:-(?=\\p{Nd})|[\'"’”!])',
    '(?<=[\\p{S}*/\\p{Nd}]\\s?)[()[\\]{}]|[()[\\]{}](?=\\s?[\\p{S}*/\\p{Nd}])',
  ].join('|'),
  'gu',
);
const word = /\p{L}[\p{L}\p{M}'’]*/gu;
/** The same where all letters are of ASCII. */
const plainWord = /[A-Za-z][A-Za-z'’]*/g;

/** Anything but words and what parts them: letters of ASCII, none large within a word. */
const beyondWords = /[^A-Za-z \n,;:?.'’]|[a-z][A-Z]|\.[A-Za-z]/;

export function featuresOf(text: string): QuestionFeatures {
  const found: Found = { marks: [], words: [], sides: new Map(), all: [] };
  if (beyondWords.test(text)) readWords(takeMarks(text, found).match(word), found);
  else readWords(text.match(plainWord), found);
  return found;
}

/** What is left of the text. */
function takeMarks(text: string, found: Found): string {
  // What cannot be seen would take a word apart, or a negation away.
  let rest = text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(dash, '-');
  const take = (pattern: RegExp, kind: string, plain: (found: string) => string) => {
    rest = rest.replace(pattern, (taken) => {
      found.marks.push(`${kind}:${plain(taken)}`);
      // What is compared whole counts in no other way.
      return kind === 'code' || kind === 'number' ? ` ${taken} ` : ' ';
    });
  };
  take(quoted, 'quote', (taken) => taken.slice(1, -1).toLowerCase().trim());
  take(code, 'code', (taken) => taken);
  take(number, 'number', plainNumber);
  take(symbol, 'symbol', (taken) => taken);
  return rest;
}

function readWords(all: readonly string[] | null, found: Found): void {
  let before = '';
  found.all = all ?? [];
  for (const taken of found.all) {
    const low = taken.toLowerCase().replaceAll('’', "'");
    const plain = sameWord(low.includes("'") ? low.replace(/'s$/, '').replace(/'$/, '') : low);
    const isListed = listedWords.has(low) || listedWords.has(plain) || low.endsWith("n't");
    if (!isListed || !readListed(taken, low, plain, found)) keepWord(taken, plain, before, found);
    if (!isListed || !articles.has(low)) before = low;
  }
}

interface Found extends QuestionFeatures {
  readonly marks: string[];
  readonly words: string[];
  readonly sides: Map<string, string>;
  all: readonly string[];
}

/** True where that is all that it says. */
function readListed(taken: string, low: string, plain: string, found: Found): boolean {
  const { marks, sides } = found;
  if (negations.has(low) || low.endsWith("n't")) {
    marks.push('not');
    return true;
  }
  if (quantifiers.has(low)) marks.push(`quantity:${low}`);
  const asked = asksFor.get(low);
  if (asked !== undefined && !sides.has('asks')) sides.set('asks', asked);
  const written = numberWords.get(low);
  if (written !== undefined) marks.push(`number:${written}`);
  const date = monthOf(low, taken);
  if (date !== null) {
    marks.push(`date:${date}`);
    return true;
  }
  const opposite = antonymOf(low) ?? antonymOf(plain);
  if (opposite !== null) sides.set(opposite.pair, opposite.side);
  // The WHO is not who, and IT is not it.
  if (isShouted(taken)) return false;
  return [low, plain].some((one) => functionWords.has(one) || articles.has(one));
}

/** `before` is the word before it, articles left out; empty for the first. */
function keepWord(taken: string, plain: string, before: string, { marks, words }: Found): void {
  // Of two places it says which way.
  if (before === 'from') marks.push(`from:${plain}`);
  // Who writes a name small is still compared, as a word.
  const isName = isShouted(taken) || (before !== '' && /^\p{Lu}/u.test(taken) && taken !== 'I');
  if (isName) marks.push(`name:${plain}`);
  words.push(plain);
}

function isShouted(taken: string): boolean {
  return taken.length > 1 && taken === taken.toUpperCase() && taken !== taken.toLowerCase();
}

/** `1,250.50` and `1250.5` are one number; `1.250` stays what it is. */
function plainNumber(found: string): string {
  const plain = found.replace(/,(?=\d{3}\b)/g, '');
  return /^\d+\.\d*0+$/.test(plain) ? plain.replace(/\.?0+$/, '') : plain;
}

/** Of these both have the same ones in the same order, or `swapped` says no. */
const orderedKinds = ['number', 'code', 'quote', 'date', 'symbol'];

/**
 * What of a question the guard finds again in every question that it lets through, in one text: two
 * questions of which it differs need not be compared. Names are left out, which may stand in the
 * other as plain words; what is rare of them is among the words.
 */
export function demandsOf(
  { marks, words }: QuestionFeatures,
  isCommon: (word: string) => boolean,
): string {
  const rare = words.filter((one) => !isCommon(one)).sort();
  const told = marks.filter((mark) => !mark.startsWith('name:'));
  if (told.length === 0) return JSON.stringify(rare);
  const isOrdered = (mark: string) => orderedKinds.includes(mark.split(':', 1)[0] ?? '');
  const ordered = orderedKinds.map((kind) => told.filter((mark) => mark.startsWith(`${kind}:`)));
  const others = told.filter((mark) => !isOrdered(mark)).sort();
  return JSON.stringify([ordered, others, rare]);
}

/** Symmetric. `shared` is how much of the words both have, 0 to 1. */
export function compareQuestions(
  a: QuestionFeatures,
  b: QuestionFeatures,
  isCommon: (word: string) => boolean,
): GuardVerdict {
  const missing = difference(a.marks, b) ?? difference(b.marks, a) ?? swapped(a.marks, b.marks);
  if (missing !== null) return { same: false, why: missing };
  for (const [pair, side] of a.sides) {
    const other = b.sides.get(pair);
    if (other !== undefined && other !== side) return { same: false, why: `opposite:${pair}` };
  }
  const [onlyA, onlyB] = [without(a.words, b.words), without(b.words, a.words)];
  const both = a.words.length - onlyA.length;
  // One word in the place of another: a template with another filling.
  if (onlyA.length === 1 && onlyB.length === 1) return { same: false, why: 'one-word' };
  // A word that is not in everybody's mouth is what is asked about.
  if ([...onlyA, ...onlyB].some((one) => !isCommon(one))) return { same: false, why: 'rare-word' };
  // The dog that bites the man: the same words, and somebody else does it. Of two it may be another
  // way to put it, "Paris population", unless all the rest is the same too: "usd to eur".
  const isOrdered = both >= 3 || inAnyOrder(a.all) === inAnyOrder(b.all);
  if (onlyA.length + onlyB.length === 0 && isOrdered && isTurned(a.words, b.words)) {
    return { same: false, why: 'order' };
  }
  const shared = both / Math.max(a.words.length + b.words.length - both, 1);
  return { same: true, shared };
}

/** Each of them as often as it is there: a word that is said twice is two. */
function without(words: readonly string[], others: readonly string[]): readonly string[] {
  const rest = [...others];
  return words.filter((one) => {
    const at = rest.indexOf(one);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** A name may stand in the other as a plain word; anything else must be there, and as often. */
function difference(marks: readonly string[], { marks: others, words }: QuestionFeatures) {
  for (const mark of without(marks, others)) {
    if (mark.startsWith('name:') && words.includes(mark.slice('name:'.length))) continue;
    return mark.split(':', 1)[0] ?? mark;
  }
  return null;
}

/** Two of a kind that have changed places: from Ann to Bob is not from Bob to Ann. */
function swapped(marks: readonly string[], others: readonly string[]): string | null {
  for (const kind of ['name', ...orderedKinds]) {
    const of = (all: readonly string[]) => all.filter((mark) => mark.startsWith(`${kind}:`));
    const [one, other] = [of(marks), of(others)];
    const both = one.filter((mark) => other.includes(mark));
    const turned = other.filter((mark) => one.includes(mark));
    // A quotation may have lines, so they are not joined by one.
    if (JSON.stringify(both) !== JSON.stringify(turned)) return 'order';
  }
  return null;
}

function inAnyOrder(words: readonly string[]): string {
  return words.join(' ').toLowerCase().split(' ').sort().join(' ');
}

/** Whether the first and the last of the words have changed places. */
function isTurned(words: readonly string[], others: readonly string[]): boolean {
  const [first, last] = [words.at(0), words.at(-1)];
  return first !== last && first === others.at(-1) && last === others.at(0);
}
