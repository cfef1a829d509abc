// From the nearest entries to what is done: answered from one of them, or the model is asked, and
// then whether to learn from it.

import { compareQuestions } from './guard.ts';
import { featuresOf, type QuestionFeatures } from './question-features.ts';
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
  /** Of the text that is asked, where somebody knows them. */
  readonly features?: QuestionFeatures | null;
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
  const near = neighbours.filter(({ similarity }) => similarity >= leastOf(policy));
  if (near.length === 0) {
    return { kind: 'miss', why: neighbours.length === 0 ? 'nothing-near' : 'not-similar' };
  }
  if (policy.kind === 'fixed' && !policy.guard) return { kind: 'hit', ...(near[0] as Neighbour) };
  const alike = mostAlike(text, near, context);
  if ('why' in alike) return { kind: 'miss', why: alike.why };
  if (policy.kind === 'fixed') return { kind: 'hit', ...alike };
  const risk = riskOf(alike, policy.pooled);
  return context.random() < exploreMin || !policy.budget.spend(risk)
    ? { kind: 'explore', ...alike }
    : { kind: 'hit', ...alike };
}

function leastOf(policy: SemanticPolicy): number {
  return policy.kind === 'fixed' ? policy.threshold : similarityMin;
}

/**
 * Of those that the guard lets through, the one that is most alike: by its vector, and more by the
 * words that both have, which tell better what is the same than vectors do.
 */
function mostAlike(
  text: string,
  near: readonly Neighbour[],
  { isCommon, features: asked = null, featuresOf: known = entryFeatures }: DecideContext,
): Neighbour | { readonly why: string } {
  const features = asked ?? featuresOf(text);
  let best: Neighbour | null = null;
  let why = '';
  for (const { entry, similarity } of near) {
    const verdict = compareQuestions(features, known(entry), isCommon);
    if (!verdict.same) {
      why ||= verdict.why;
      continue;
    }
    const alike = (similarity + 2 * verdict.shared) / 3;
    if (best === null || alike > best.similarity) best = { entry, similarity: alike };
  }
  return best ?? { why };
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
