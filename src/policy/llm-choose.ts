// Which deployment a call is sent to next: a pure choice over what is known of each at the moment.

import type { Candidate } from './llm-route.ts';

/** How the next deployment of a model is chosen among those that can take the call. */
export const strategies = ['simple-shuffle', 'least-busy', 'latency', 'usage', 'cost'] as const;
export type Strategy = (typeof strategies)[number];

/** What is known of one deployment now. */
export interface LiveState {
  /** Calls under way. */
  readonly open: number;
  /** Smoothed time to the first byte; null while none was measured. */
  readonly latencyMs: number | null;
  /** Calls and tokens within the last minute. */
  readonly calls: number;
  readonly tokens: number;
  /** Taken out until then; 0 when it is not. */
  readonly coolingUntilMs: number;
}

export interface Choice {
  readonly strategy: Strategy;
  readonly live: (id: string) => LiveState;
  /** Deployments that have failed this request. */
  readonly tried: ReadonlySet<string>;
  /** The deployment that has this conversation, if any: taken while it can take the call. */
  readonly preferred: string | null;
  readonly nowMs: number;
  /** From 0 up to 1. */
  readonly random: number;
  /** Whether one that cools down is taken where there is no other. */
  readonly desperate: boolean;
}

export type Chosen =
  | { readonly candidate: Candidate }
  /** `full`: a limit of their own; `cooling`: failures of late; `tried`: none is left. */
  | { readonly none: 'tried' | 'cooling' | 'full'; readonly retryAfterMs: number };

/** `retryAfterMs`: until the first of them may be back. */
export function chooseDeployment(candidates: readonly Candidate[], choice: Choice): Chosen {
  const { live, tried, nowMs } = choice;
  const left = candidates.filter(({ id }) => !tried.has(id));
  if (left.length === 0) return { none: 'tried', retryAfterMs: 0 };
  const roomy = left.filter((one) => hasRoom(one, live(one.id)));
  if (roomy.length === 0) return { none: 'full', retryAfterMs: 1_000 };
  // A deployment that is alone is not taken out: there would be nothing to go to.
  const isAlone = candidates.length === 1;
  const warm = roomy.filter((one) => isAlone || live(one.id).coolingUntilMs <= nowMs);
  if (warm.length === 0) {
    const back = roomy.toSorted((a, b) => live(a.id).coolingUntilMs - live(b.id).coolingUntilMs);
    const [first] = back;
    if (choice.desperate && first !== undefined) return { candidate: first };
    const until = first === undefined ? nowMs : live(first.id).coolingUntilMs;
    return { none: 'cooling', retryAfterMs: Math.max(0, until - nowMs) };
  }
  const known = warm.find(({ id }) => id === choice.preferred);
  if (known !== undefined) return { candidate: known };
  const order = Math.min(...warm.map((one) => one.order));
  return {
    candidate: byStrategy(
      warm.filter((one) => one.order === order),
      choice,
    ),
  };
}

function hasRoom({ rpm, tpm, parallelMax, worst }: Candidate, state: LiveState): boolean {
  if (rpm !== null && state.calls >= rpm) return false;
  if (parallelMax !== null && state.open >= parallelMax) return false;
  // One call larger than the limit goes through alone; a second one waits.
  return tpm === null || state.tokens === 0 || state.tokens + worst.outputTokens <= tpm;
}

function byStrategy(candidates: readonly Candidate[], choice: Choice): Candidate {
  const { strategy, live, random } = choice;
  if (strategy === 'simple-shuffle') return byWeight(candidates, random);
  const score = (one: Candidate): number => {
    const state = live(one.id);
    if (strategy === 'least-busy') return state.open;
    // What was never measured is measured first.
    if (strategy === 'latency') return state.latencyMs ?? -1;
    if (strategy === 'cost') return one.worst.nanoUsd;
    return one.tpm === null ? state.tokens : state.tokens / one.tpm;
  };
  const scores = candidates.map(score);
  const best = Math.min(...scores);
  const equal = candidates.filter((_, at) => scores[at] === best);
  return byWeight(equal, random);
}

/** With all weights 0, each has the same share. */
function byWeight(candidates: readonly Candidate[], random: number): Candidate {
  const sum = candidates.reduce((total, { weight }) => total + weight, 0);
  const share = ({ weight }: Candidate) => (sum === 0 ? 1 : weight);
  let at = random * (sum === 0 ? candidates.length : sum);
  for (const one of candidates) {
    at -= share(one);
    if (at < 0) return one;
  }
  // Rounding can leave a last hair; whoever has no share must not get it.
  const last = candidates.findLast((one) => share(one) > 0) ?? candidates[0];
  if (last === undefined) throw new RangeError('nothing to choose from');
  return last;
}
