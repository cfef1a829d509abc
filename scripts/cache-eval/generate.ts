// Makes the evaluation set of the cache from intents.txt and values.txt, by rules and a seed:
// `node scripts/cache-eval/generate.ts` writes data/cache-eval/pairs.jsonl, a pair a line.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
  /** What makes them the same, or what tells them apart. */
  readonly family: string;
  readonly intent: string;
}

/** Intents that ask for the contrary with the same words around it. */
const opposites: readonly (readonly [string, string])[] = [
  ['enable', 'disable'],
  ['install', 'uninstall'],
  ['ticket', 'reopen'],
  ['deploy', 'rollback'],
  ['largest', 'smallest'],
  ['vegan', 'notvegan'],
  ['before', 'after'],
  ['increase', 'decrease'],
  ['symptoms', 'treat'],
];

const here = import.meta.dirname;
const random = randomOf(20_261_122);
const places = readPlaces(readFileSync(join(here, 'values.txt'), 'utf8'));
const intents = readIntents(readFileSync(join(here, 'intents.txt'), 'utf8'));
const pick = <Item>(items: readonly Item[]): Item => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

const pairs = [
  ...intents.flatMap((intent) => [...paraphrases(intent, 28), ...nearMisses(intent, 44)]),
  ...opposites.flatMap(([one, other]) => contraries(one, other, 30)),
  ...strangers(300),
];
const out = join(here, '../../data/cache-eval');
mkdirSync(out, { recursive: true });
const lines = [...new Map(pairs.map((pair) => [`${pair.a}\n${pair.b}`, pair])).values()];
writeFileSync(
  join(out, 'pairs.jsonl'),
  `${lines.map((pair) => JSON.stringify(pair)).join('\n')}\n`,
);

function values(intent: Intent): Record<string, string> {
  return Object.fromEntries(
    slotsOf(intent).map((slot) => [slot, pick(places[slot]?.values ?? [''])]),
  );
}

function paraphrases(intent: Intent, count: number): Pair[] {
  return Array.from({ length: count }, () => {
    const filled = values(intent);
    const one = pick(intent.ways);
    const other = pick(intent.ways.filter((way) => way !== one));
    return {
      a: fill(one, filled),
      b: fill(other, filled),
      same: true,
      family: 'paraphrase',
      intent: intent.name,
    };
  });
}

/** One place has another value; half of them in the same words, which is the harder half. */
function nearMisses(intent: Intent, count: number): Pair[] {
  const slots = slotsOf(intent);
  return Array.from({ length: count }, (_, index) => {
    const filled = values(intent);
    const slot = pick(slots);
    const place: Places[string] | undefined = places[slot];
    const value = pick((place?.values ?? []).filter((one) => one !== filled[slot]));
    const one = pick(intent.ways);
    const other = index % 2 === 0 ? one : pick(intent.ways);
    return {
      a: fill(one, filled),
      b: fill(other, { ...filled, [slot]: value }),
      same: false,
      family: place?.family ?? 'template',
      intent: intent.name,
    };
  });
}

function contraries(one: string, other: string, count: number): Pair[] {
  const [first, second] = [one, other].map((name) =>
    intents.find((intent) => intent.name === name),
  );
  if (first === undefined || second === undefined) throw new Error(`no intent ${one} or ${other}`);
  return Array.from({ length: count }, (_, index) => {
    const filled = { ...values(first), ...values(second) };
    const at = index % first.ways.length;
    const [a = '', b = ''] = [
      first.ways[at],
      index % 2 === 0 ? second.ways[at] : pick(second.ways),
    ];
    return { a: fill(a, filled), b: fill(b, filled), same: false, family: 'negation', intent: one };
  });
}

function strangers(count: number): Pair[] {
  return Array.from({ length: count }, () => {
    const one = pick(intents);
    const other = pick(intents.filter((intent) => intent !== one));
    const [a, b] = [fill(pick(one.ways), values(one)), fill(pick(other.ways), values(other))];
    const contrary = opposites.some((pair) => pair.includes(one.name) && pair.includes(other.name));
    return { a, b, same: false, family: contrary ? 'negation' : 'stranger', intent: one.name };
  });
}
