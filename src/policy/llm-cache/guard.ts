// Decides, before similarity does, that two questions cannot mean the same: what differs in a
// number, a name, a date, a negation or a piece of code is another question, however near it is.

import type { QuestionFeatures } from './question-features.ts';
import { relations } from './word-lists.ts';

export type GuardVerdict =
  | { readonly same: true; readonly shared: number }
  | { readonly same: false; readonly why: string };

/** Words that one question may have more than the other. */
const surplusMax = 8;
/** Of those that carry meaning, in either, that the other has not. */
const otherWordsMax = 5;

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
  // A word or two more are another way to ask; more may say anything, in everybody's words.
  const surplus = Math.abs(a.all.length - b.all.length);
  if (surplus > surplusMax || onlyA.length + onlyB.length > otherWordsMax) {
    return { same: false, why: 'length' };
  }
  if (both === 0 && a.marks.length === 0 && inAnyOrder(a.all) !== inAnyOrder(b.all)) {
    return { same: false, why: 'no-words' };
  }
  if (isTurned(a, b, without(a.words, onlyA), without(b.words, onlyB))) {
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

/** Please may stand anywhere. */
function inOrder(words: readonly string[]): string {
  return ` ${words.join(' ').toLowerCase()} `.replaceAll(' please ', ' ');
}

function inAnyOrder(words: readonly string[]): string {
  return words.join(' ').toLowerCase().split(' ').sort().join(' ');
}

/**
 * The dog that bites the man: the same words, and somebody else does it. To begin elsewhere may be
 * another way to put it, "Paris population", unless all the rest is the same too: "usd to eur".
 */
function isTurned(
  a: QuestionFeatures,
  b: QuestionFeatures,
  words: readonly string[],
  others: readonly string[],
): boolean {
  if (inAnyOrder(a.all) === inAnyOrder(b.all)) return inOrder(a.all) !== inOrder(b.all);
  const said = words.join(' ');
  if (said === others.join(' ')) return false;
  const isAll = words.length === a.words.length && others.length === b.words.length;
  const isEndToEnd = words.at(0) === others.at(-1) && words.at(-1) === others.at(0);
  if (isAll && isEndToEnd && words.length > 2) return true;
  const [related, relatedToo] = [a, b].map(({ all }) =>
    inAnyOrder(all.filter((one) => relations.has(one.toLowerCase()))),
  );
  const isBegunElsewhere = ` ${said} ${said} `.includes(` ${others.join(' ')} `);
  return related !== '' && related === relatedToo && !isBegunElsewhere;
}
