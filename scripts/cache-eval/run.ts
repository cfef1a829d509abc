// How often the cache answers, and how often wrongly: `npm run eval:cache`. First the pairs of
// data/cache-eval, which the guard was made with; then streams of requests, of the same kinds and
// of kinds that were written afterwards and never looked at to change anything.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide, type SemanticPolicy } from '../../src/policy/llm-cache/decide.ts';
import { compareQuestions, demandsOf } from '../../src/policy/llm-cache/guard.ts';
import { featuresOf } from '../../src/policy/llm-cache/question-features.ts';
import type { CacheEntry, Observation } from '../../src/policy/llm-cache/types.ts';
import { ErrorBudget, type Fit, fitObservations } from '../../src/policy/llm-cache/verified.ts';
import { loadCommonWords } from '../../src/roles/llm/cache/embedding/common-words.ts';
import { loadStaticEmbedding } from '../../src/roles/llm/cache/embedding/static-embedding.ts';
import { randomOf } from './intents.ts';
import { type Kinds, makeQuestions, type Questions, requestsFor } from './questions.ts';

const here = import.meta.dirname;
const embedding = loadStaticEmbedding();
const isCommon = loadCommonWords();
const requests = 5_000;
const classes = 400;
const seeds = [1, 2, 3, 4];

interface Outcome {
  hits: number;
  wrong: number;
}

/** A threshold, or the share of requests that may be wrong. */
type Asked = Extract<SemanticPolicy, { kind: 'fixed' }> | number;

const policies: readonly (readonly [name: string, asked: Asked])[] = [
  ['fixed 0.80, as LiteLLM', { kind: 'fixed', threshold: 0.8, guard: false }],
  ['fixed 0.90', { kind: 'fixed', threshold: 0.9, guard: false }],
  ['fixed 0.95', { kind: 'fixed', threshold: 0.95, guard: false }],
  ['fixed 0.96', { kind: 'fixed', threshold: 0.96, guard: false }],
  ['fixed 0.97', { kind: 'fixed', threshold: 0.97, guard: false }],
  ['fixed 0.98', { kind: 'fixed', threshold: 0.98, guard: false }],
  ['fixed 0.99', { kind: 'fixed', threshold: 0.99, guard: false }],
  ['the guard alone', { kind: 'fixed', threshold: 0.5, guard: true }],
  ['verified, 5%', 0.05],
  ['verified, 2%', 0.02],
  ['verified, 1%', 0.01],
];

onPairs();
onStreams('the same kinds', 'same');
onStreams('kinds held out', 'held-out');

function onPairs(): void {
  const lines = readFileSync(join(here, '../../data/cache-eval/pairs.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const families = new Map<string, { pairs: number; near: number; passed: number }>();
  for (const line of lines) {
    const { a, b, family } = JSON.parse(line);
    const seen = families.get(family) ?? { pairs: 0, near: 0, passed: 0 };
    seen.pairs += 1;
    if (similarityOf(vectorOf(a), vectorOf(b)) >= 0.8) seen.near += 1;
    if (compareQuestions(featuresOf(a), featuresOf(b), isCommon).same) seen.passed += 1;
    families.set(family, seen);
  }
  print(
    `Pairs (${lines.length})`,
    ['family', 'pairs', 'similarity at least 0.8', 'past the guard'],
    [...families].map(([family, { pairs, near, passed }]) => [
      family,
      String(pairs),
      share(near, pairs),
      share(passed, pairs),
    ]),
  );
}

function onStreams(name: string, kinds: Kinds): void {
  const worlds = seeds.map((seed) => compared(makeQuestions(kinds, classes, seed)));
  const outcomes = policies.map(([said, asked]) => {
    const total = { hits: 0, wrong: 0 };
    for (const questions of worlds) {
      const { hits, wrong } = stream(questions, asked);
      total.hits += hits;
      total.wrong += wrong;
    }
    return { said, asked, ...total };
  });
  const all = requests * seeds.length;
  const rows = outcomes.map(({ said, hits, wrong }) => [
    said,
    share(hits, all),
    share(wrong, all),
    share(wrong, hits),
  ]);
  const title = `Streams of ${name}: ${seeds.length} of ${requests} requests for ${classes} questions`;
  print(title, ['policy', 'hits', 'wrong of requests', 'wrong of hits'], rows);
  for (const { said, asked, hits, wrong } of outcomes) {
    if (typeof asked !== 'number') continue;
    const keeping = outcomes.filter(
      (one) => typeof one.asked !== 'number' && !one.asked.guard && one.wrong <= asked * all,
    );
    const best = Math.max(0, ...keeping.map((one) => one.hits));
    const kept = wrong <= asked * all ? 'keeps its bound' : 'BREAKS ITS BOUND';
    const times = best === 0 ? 'no fixed threshold does' : `${(hits / best).toFixed(1)} times`;
    process.stdout.write(
      `${said}: ${kept}; hits of the best fixed threshold within it: ${times}\n`,
    );
  }
  process.stdout.write('\n');
}

interface Compared extends Questions {
  /** Of each text to each, a row after the other. */
  readonly similarities: Float32Array;
  /** Of each text: only those of the same are compared where there is a guard. */
  readonly demands: readonly string[];
}

function compared(questions: Questions): Compared {
  const { texts } = questions;
  const vectors = texts.map(vectorOf);
  const similarities = new Float32Array(texts.length ** 2);
  for (const [row, a] of vectors.entries()) {
    for (let column = 0; column <= row; column += 1) {
      const similarity = similarityOf(a, vectors[column] ?? a);
      similarities[row * texts.length + column] = similarity;
      similarities[column * texts.length + row] = similarity;
    }
  }
  const demands = texts.map((text) => demandsOf(featuresOf(text), isCommon));
  return { ...questions, similarities, demands };
}

/** The same words again are an exact hit, and are not counted. */
function stream(questions: Compared, asked: Asked): Outcome {
  const { seed, texts, meanings, similarities, demands } = questions;
  const isGuarded = typeof asked === 'number' || asked.guard;
  const random = randomOf(seed * 2_000);
  const budget = new ErrorBudget(typeof asked === 'number' ? asked : 0);
  let pooledFit: Fit | null = null;
  const stored = new Set<number>();
  const learned = new Map<number, Observation[]>();
  const pooled: Observation[] = [];
  const outcome = { hits: 0, wrong: 0 };
  for (const text of requestsFor(questions, requests)) {
    budget.request();
    if (stored.has(text)) continue;
    const near = [...stored]
      .filter((other) => !isGuarded || demands[other] === demands[text])
      .map((other) => ({ other, similarity: similarities[text * texts.length + other] ?? 0 }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 8);
    const neighbours = near.map(({ other, similarity }) => ({
      entry: entryOf(other, texts[other] ?? '', learned.get(other) ?? []),
      similarity,
    }));
    const policy: SemanticPolicy =
      typeof asked === 'number' ? { kind: 'verified', budget, pooled: pooledFit } : asked;
    const decision = decide(texts[text] ?? '', neighbours, { policy, isCommon, random });
    const same = decision.kind !== 'miss' && meanings[Number(decision.entry.id)] === meanings[text];
    if (decision.kind === 'hit') {
      outcome.hits += 1;
      if (!same) outcome.wrong += 1;
      continue;
    }
    if (decision.kind === 'explore') {
      const observation = { similarity: decision.similarity, same };
      const own = Number(decision.entry.id);
      learned.set(own, [...(learned.get(own) ?? []), observation]);
      pooled.push(observation);
      if (pooled.length % 8 === 0) pooledFit = fitObservations(pooled);
    }
    stored.add(text);
  }
  return outcome;
}

function entryOf(text: number, said: string, observations: readonly Observation[]): CacheEntry {
  return { id: String(text), owner: '', question: { scope: '', text: said }, observations };
}

function vectorOf(text: string): Float32Array {
  return embedding.embedNow(text) ?? new Float32Array(embedding.dimensions);
}

function similarityOf(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(2)}%`;
}

function print(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  process.stdout.write(`${title}\n\n${lines.join('\n')}\n\n`);
}
