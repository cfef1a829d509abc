// From the nearest entries to what is done: answered from one of them, or the model is asked, and
// then whether to learn from it.

import { compareQuestions, featuresOf, type QuestionFeatures } from './guard.ts';
import type { CacheDecision, CacheEntry, Neighbour } from './types.ts';
import {
  type ErrorBudget,
  type Fit,
  fitObservations,
  observationsMin,
  riskAt,
} from './verified.ts';

export type SemanticPolicy =
  /** Whatever is at least so similar; what LiteLLM does. */
  | { readonly kind: 'fixed'; readonly threshold: number; readonly guard: boolean }
  /** Only what was seen to mean the same, as far as the budget of errors goes. */
  | { readonly kind: 'verified'; readonly budget: ErrorBudget; readonly pooled: Fit | null };

export interface DecideContext {
  readonly policy: SemanticPolicy;
  /** Whether everybody uses a word, so that it says little of what is asked. */
  readonly isCommon: (word: string) => boolean;
  /** 0 to 1. */
  readonly random: () => number;
  /** Of an entry's text, where somebody remembers them. */
  readonly featuresOf?: (entry: CacheEntry) => QuestionFeatures;
}

export function entryFeatures({ question }: CacheEntry): QuestionFeatures {
  return featuresOf(question?.text ?? '');
}

/** However sure it is: so often the model is asked all the same, or nothing more is learned. */
const exploreMin = 0.02;
/** Below this nothing is worth a look. */
export const similarityMin = 0.5;

/** `neighbours` nearest first, all of the request's own scope. */
export function decide(
  text: string,
  neighbours: readonly Neighbour[],
  context: DecideContext,
): CacheDecision {
  const { policy } = context;
  const least = policy.kind === 'fixed' ? policy.threshold : similarityMin;
  let why = neighbours.length === 0 ? 'nothing-near' : 'not-similar';
  let features: QuestionFeatures | null = null;
  const known = context.featuresOf ?? entryFeatures;
  for (const { entry, similarity } of neighbours) {
    if (similarity < least) break;
    if (policy.kind === 'verified' || policy.guard) {
      features ??= featuresOf(text);
      const verdict = compareQuestions(features, known(entry), context.isCommon);
      if (!verdict.same) {
        why = verdict.why;
        continue;
      }
    }
    if (policy.kind === 'fixed') return { kind: 'hit', entry, similarity };
    const risk = riskOf({ entry, similarity }, policy.pooled);
    return context.random() < exploreMin || !policy.budget.spend(risk)
      ? { kind: 'explore', entry, similarity }
      : { kind: 'hit', entry, similarity };
  }
  return { kind: 'miss', why };
}

/** One that knows enough speaks for itself; one that was wrong does not lean on others. */
function riskOf({ entry, similarity }: Neighbour, pooled: Fit | null): number {
  const own = entry.observations;
  if (own.length >= observationsMin) {
    const fit = fitObservations(own);
    return fit === null ? 1 : riskAt(fit, similarity);
  }
  if (pooled === null || own.some((one) => !one.same && one.similarity >= similarity)) return 1;
  return riskAt(pooled, similarity);
}
