// What of a question must be found again in another one that may have its answer: read from its
// text, once for each.

import {
  afterLetters,
  antonymOf,
  articles,
  asksFor,
  asksWhether,
  beforeParticles,
  functionWords,
  listedWords,
  modals,
  monthOf,
  negations,
  numberWords,
  particles,
  quantifiers,
  sameWord,
  timesOf,
} from './word-lists.ts';

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
  /** All of them as they stand, those that carry none too, and numbers. */
  readonly all: readonly string[];
}

const quoted = /"([^"]{1,400})"|“([^”]{1,400})”|«([^»]{1,400})»|`([^`]{1,400})`/gu;
/** What NFKC would make an ordinary digit of: x² is no x2. */
const raised = /[⁰¹²³⁴-⁹]/g;
/** Those of which it makes digits that would join those before them. */
const fraction = /[\u00bc-\u00be\u2150-\u215f\u2189]/g;
/** Nobody sees it, and the model reads it. */
const unseen = /[\p{Cf}\p{Cc}\p{Co}\p{Cn}]|\p{Variation_Selector}/gu;
const code = new RegExp(
  [
    '[A-Za-z]\\w*(?:\\+\\+|--|#)|(?<!\\S)(?:\\+\\+|--?|[.@#~$])[A-Za-z]\\w*',
    '\\b(?:[a-z]+(?:[A-Z][A-Za-z0-9]*)+|[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)',
    '\\b(?:[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)+|\\w+\\(\\))',
    '(?<![\\p{L}\\p{N}])\\p{N}*\\p{L}+\\p{N}[\\p{L}\\p{N}]*',
  ].join('|'),
  'gu',
);
/** Any of them may be a minus. */
const dash = /[\u2010-\u2015\u2212]/g;
const number = /(?<![\p{L}\p{N}])-?[$€£¥]?\.?\p{Nd}+(?:[.,:]\p{Nd}+)*%?/gu;
/** A megabyte is no megabit: what stands behind a number and has a capital is as it is written. */
const unit = /(?<=\p{Nd} ?)\p{L}{0,2}\p{Lu}\p{L}{0,2}(?![\p{L}\p{N}])/gu;
/** Written small it is a month only beside a day of it, or behind what a month stands behind. */
const may =
  /\bmay(?= \d)|(?<=\d(?:st|nd|rd|th)?(?: of)? |\b(?:in|of|since|until|by|last|next) )may\b/gi;
/**
 * What calculates, compares or shows a thing, and the marks of feet and minutes; not what only ends
 * or joins sentences.
 */
const symbol = new RegExp(
  [
    '[\\p{S}#@%&*/\\\\‰‱′″‴]|!(?==)|(?<=^|\\s)-(?=\\s)',
    '(?<=\\p{Nd} ?)(?:-(?=\\p{Nd})|[\'"’”!])',
    '(?<=[\\p{S}*/\\p{Nd}]\\s?)[()[\\]{}]|[()[\\]{}](?=\\s?[\\p{S}*/\\p{Nd}])',
    '(?<=[:;]-?)[()]',
  ].join('|'),
  'gu',
);
/** Numbers are among them, for their place. */
const word = /\p{L}[\p{L}\p{M}'’]*|\p{Nd}+/gu;
const digit = /^\p{Nd}/u;
/** The same where all letters are of ASCII. */
const plainWord = /[A-Za-z][A-Za-z'’]*/g;

/** Anything but words and what parts them: letters of ASCII, none large within a word. */
const beyondWords = /[^A-Za-z \n,;:?.'’]|[a-z][A-Z]|\.[A-Za-z]|\b[Mm]ay\b/;

export function featuresOf(text: string): QuestionFeatures {
  const found: Found = { marks: [], words: [], sides: new Map(), all: [] };
  if (!beyondWords.test(text)) {
    readWords(text.match(plainWord), found);
    return found;
  }
  readWords(takeMarks(text, found).match(word), found);
  const hidden = text.match(unseen)?.filter((one) => !/\s/.test(one)) ?? [];
  if (hidden.length > 0) found.marks.push(`hidden:${hidden.join('')}`);
  return found;
}

/** What is left of the text. */
function takeMarks(text: string, found: Found): string {
  // What cannot be seen would take a word apart, or a negation away.
  let rest = text
    .replace(raised, '^$&')
    .replace(fraction, ' $&')
    .normalize('NFKC')
    .replace(unseen, (taken) => (/\s/.test(taken) ? taken : ''))
    .replace(dash, '-');
  const take = (pattern: RegExp, kind: string, plain: (found: string) => string) => {
    rest = rest.replace(pattern, (taken) => {
      found.marks.push(`${kind}:${plain(taken)}`);
      // What is compared whole counts in no other way.
      return ['code', 'number', 'unit'].includes(kind) ? ` ${taken} ` : ' ';
    });
  };
  take(quoted, 'quote', (taken) => taken.slice(1, -1).toLowerCase().trim());
  take(code, 'code', (taken) => taken);
  take(unit, 'unit', (taken) => taken);
  take(may, 'date', (taken) => taken.toLowerCase());
  take(number, 'number', plainNumber);
  take(symbol, 'symbol', (taken) => taken);
  return rest;
}

function readWords(all: readonly string[] | null, found: Found): void {
  let before = '';
  let isNegated = false;
  found.all = all ?? [];
  for (const [at, taken] of found.all.entries()) {
    if (digit.test(taken)) continue;
    const low = taken.toLowerCase().replaceAll('’', "'");
    const plain = sameWord(low.includes("'") ? low.replace(/'s$/, '').replace(/'$/, '') : low);
    const isListed = listedWords.has(low) || listedWords.has(plain) || low.endsWith("n't");
    const isVariable = low === 'a' && isLetter(taken, at, found.all[at + 1]);
    if (!isListed || isVariable || !readListed(taken, low, plain, before, found)) {
      keepWord(taken, plain, before, found);
      // Not Tom but Ann is not: not Ann but Tom.
      if (isNegated) found.sides.set('not', `${found.sides.get('not') ?? ''} ${plain}`);
      isNegated = false;
    } else if (isNegation(low)) isNegated = true;
    if (!isListed || !articles.has(low)) before = low;
  }
  readBeginning(found);
}

interface Found extends QuestionFeatures {
  readonly marks: string[];
  readonly words: string[];
  readonly sides: Map<string, string>;
  all: readonly string[];
}

/** True where that is all that it says. */
function readListed(
  taken: string,
  low: string,
  plain: string,
  before: string,
  { marks, sides }: Found,
): boolean {
  if (isNegation(low)) {
    marks.push('not');
    return true;
  }
  if (quantifiers.has(low)) marks.push(`quantity:${low}`);
  // To log out, and not to find out.
  if (particles.has(low) && !beforeParticles.has(before)) marks.push(`particle:${low}`);
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
  // Who is, and who was; but what is it that was.
  const verb = timesOf.get(low);
  if (verb !== undefined) for (const one of verb) sides.set(`${before} ${one.verb}`, one.time);
  // The WHO is not who, and IT is not it.
  if (isShouted(taken)) return false;
  return [low, plain].some((one) => functionWords.has(one) || articles.has(one));
}

function isNegation(low: string): boolean {
  return negations.has(low) || low.endsWith("n't");
}

/** Plan A, or log a to b: where no article can be. */
function isLetter(taken: string, at: number, next: string | undefined): boolean {
  return (
    (taken === 'A' && at > 0) || next === undefined || next.length === 1 || afterLetters.has(next)
  );
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

/** Whether it is, or when; whether one must, or may. */
function readBeginning({ all, sides }: Found): void {
  const [first = '', second = ''] = all.slice(0, 2).map((one) => one.toLowerCase());
  // Can you tell me: a way to ask for anything.
  if (['you', 'there', 'anyone', 'anybody', 'someone'].includes(second)) return;
  const must = modals.get(first);
  if (must !== undefined) sides.set('must', must);
  if (asksWhether.has(first)) sides.set('asks', 'whether');
}

function isShouted(taken: string): boolean {
  return taken.length > 1 && taken === taken.toUpperCase() && taken !== taken.toLowerCase();
}

/** `1,250` and `1250` are one number. */
function plainNumber(found: string): string {
  return found.replace(/,(?=\d{3}\b)/g, '');
}
