// Streams of requests for questions that are asked in several ways: which texts there are, which of
// them ask the same, and who asks what after what, from a seed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  fill,
  type Intent,
  type Places,
  randomOf,
  readIntents,
  readPlaces,
  slotsOf,
} from './intents.ts';

export interface Questions {
  readonly seed: number;
  /** Every way of every question. */
  readonly texts: readonly string[];
  /** Which question each text asks. */
  readonly meanings: readonly number[];
}

/** `held-out`: kinds that were written afterwards and never looked at to change anything. */
export type Kinds = 'same' | 'held-out';

export function readKinds(kinds: Kinds): readonly [readonly Intent[], Places] {
  const read = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');
  const prefix = kinds === 'same' ? '' : 'heldout-';
  return [readIntents(read(`${prefix}intents.txt`)), readPlaces(read(`${prefix}values.txt`))];
}

export function makeQuestions(kinds: Kinds, count: number, seed: number): Questions {
  const [intents, places] = readKinds(kinds);
  const random = randomOf(seed);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const asked = new Map<string, number>();
  for (let question = 0; question < count; question += 1) {
    const intent = pick(intents);
    const values = Object.fromEntries(
      slotsOf(intent).map((slot) => [slot, pick(places[slot]?.values ?? [''])]),
    );
    const ways = intent.ways.map((way) => fill(way, values));
    // The same question drawn again is the same question.
    const known = asked.get(ways[0] ?? '') ?? question;
    for (const way of ways) asked.set(way, known);
  }
  return { seed, texts: [...asked.keys()], meanings: [...asked.values()] };
}

/** Questions by Zipf's law, each in one of its ways, as numbers of texts. */
export function* requestsFor({ seed, meanings }: Questions, count: number): Generator<number> {
  const random = randomOf(seed * 1_000);
  const waysOf = Map.groupBy(meanings.keys(), (text) => meanings[text] ?? 0);
  const ranked = [...waysOf.values()];
  for (let request = 0; request < count; request += 1) {
    const rank = Math.min(Math.floor(ranked.length ** random()), ranked.length) - 1;
    const ways = ranked[rank] ?? [0];
    yield ways[Math.floor(random() * ways.length)] ?? 0;
  }
}
