// Questions for the benchmark: many that differ from each other in what they are about, and others
// that ask the same in somewhat other words.

import { readFileSync } from 'node:fs';

const vocabulary = new URL('../../src/roles/llm/cache/embedding/vocabulary.txt', import.meta.url);

const forms = [
  ...['what is the * of *', 'how do I * a * in *', 'tell me about * and *'],
  ...['please explain the * * to a *', 'is the * better than the * for *'],
  ...['write a * about * * *', 'can you compare * with *', 'why does the * * when *'],
  ...['list five * that * *', 'summarise the * * of the *'],
];

export interface Questions {
  /** Each once. */
  readonly asked: readonly string[];
  /** Of some of them, in other words. */
  readonly again: readonly string[];
}

/**
 * The same for a seed. With `common` words alone, as hardly anybody asks: no demand tells any two
 * of them apart, so all are compared.
 */
export function makeQuestions(
  count: number,
  againCount: number,
  seed: number,
  from: 'any' | 'common' = 'any',
): Questions {
  const random = randomOf(seed);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const pieces = readFileSync(vocabulary, 'utf8')
    .split('\n')
    .slice(2_000, from === 'common' ? 5_000 : 12_000);
  const words = pieces.filter((piece) => /^[a-z]{3,}$/.test(piece));
  const asked = new Set<string>();
  while (asked.size < count) asked.add(pick(forms).replaceAll('*', () => pick(words)));
  const all = [...asked];
  const again = Array.from({ length: againCount }, () => {
    const text = pick(all);
    return pick([`${text} please`, `could you tell me: ${text}`, `${text}, in short`]);
  });
  return { asked: all, again };
}

/** 0 to 1; a linear congruence is random enough to pick words. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
