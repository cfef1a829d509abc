// When an entry may answer another text: learned from what was seen, with a bound on how often that
// is wrong. After vCache (Schroeder et al., arXiv 2502.03771): a logistic model of "similar means
// the same" with its own uncertainty; what may be wrong is a budget, spent where it buys most.

import type { Observation } from './types.ts';

/** Below this many observations nothing is known. */
export const observationsMin = 6;
/** More say little new, and each costs time. */
export const observationsMax = 2_048;
const gridSize = 50;

/**
 * The most that the probability of a wrong answer may be at a similarity, by a fit: over the
 * confidence that gives the least bound, the doubt in the threshold and the model's own doubt.
 */
export function riskAt(fit: Fit, similarity: number): number {
  const deviation = Math.sqrt(fit.variance);
  let least = 1;
  for (const [doubt, quantileOfDoubt] of doubts) {
    const threshold = Math.min(fit.threshold + quantileOfDoubt * deviation, 1);
    const right = (1 - doubt) * logistic(fit.slope * (similarity - threshold));
    least = Math.min(least, 1 - right);
  }
  return least;
}

const riskMax = 0.5;

/**
 * What may be wrong, spent like money: each request that the cache looks at adds its share, each
 * answer from it takes the risk that it has. So over all requests the wrong ones stay below the
 * share, whichever of them the risk is spent on.
 */
export class ErrorBudget {
  readonly #errorMax: number;
  readonly #balanceMax: number;
  #balance = 0;

  /** `errorMax` is the share of requests that may be wrong, 0 to 1. */
  constructor(errorMax: number) {
    this.#errorMax = errorMax;
    // What was not used long ago is not left for a burst of doubtful answers now.
    this.#balanceMax = Math.max(200 * errorMax, 1);
  }

  request(): void {
    this.#balance = Math.min(this.#balance + this.#errorMax, this.#balanceMax);
  }

  /** False where it does not suffice: the model is to be asked. */
  spend(risk: number): boolean {
    // What is as likely wrong as right is not given out, however much is left.
    if (risk > Math.min(this.#balance, riskMax)) return false;
    this.#balance -= risk;
    return true;
  }
}

export interface Fit {
  readonly threshold: number;
  readonly slope: number;
  readonly variance: number;
}

/** Null where too little is known: few observations, or none of the same. */
export function fitObservations(observations: readonly Observation[]): Fit | null {
  const seen = observations.slice(-observationsMax);
  if (seen.length < observationsMin) return null;
  const same = seen.filter((one) => one.same).map((one) => one.similarity);
  const other = seen.filter((one) => !one.same).map((one) => one.similarity);
  if (same.length === 0) return null;
  const [lowestSame, highestOther] = [Math.min(...same), Math.max(0, ...other)];
  if (other.length === 0 || highestOther < lowestSame) {
    return separated(seen.length, lowestSame, highestOther, other.length === 0);
  }
  return fitLogistic(seen);
}

/**
 * Where both kinds part cleanly a logistic fit has no end. The threshold is taken at the lowest
 * similarity that was right, and its variance from the count: the more seen, the surer.
 */
function separated(count: number, lowestSame: number, highestOther: number, noOther: boolean): Fit {
  const threshold = noOther ? lowestSame : (lowestSame + highestOther) / 2;
  return { threshold, slope: separatedSlope, variance: 0.0729 * count ** -0.4034 * 0.02 };
}

const separatedSlope = 60;

const turnsMax = 40;
const halvingsMax = 20;
const ridge = 1e-4;

/**
 * Newton's method for the logistic fit, with a light ridge so that it ends. A step that makes the
 * fit worse is halved: from afar whole steps jump to and fro for ever.
 */
function fitLogistic(seen: readonly Observation[]): Fit | null {
  let line: Line = { slope: 0, intercept: 0 };
  let likelihood = likelihoodOf(seen, line);
  let hessian: Hessian = { ss: 1, si: 0, ii: 1 };
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const step = newtonStep(seen, line);
    if (step === null) return null;
    hessian = step.hessian;
    let [share, next, gained] = [1, line, 0];
    for (let halving = 0; halving < halvingsMax && gained <= 0; halving += 1) {
      const { slope, intercept } = line;
      next = { slope: slope + share * step.slope, intercept: intercept + share * step.intercept };
      gained = likelihoodOf(seen, next) - likelihood;
      share /= 2;
    }
    if (gained <= 0) break;
    line = next;
    likelihood += gained;
    if (gained < 1e-9) break;
  }
  const { slope, intercept } = line;
  // What is more similar must not be less the same.
  if (!(slope > 1e-6)) return null;
  const threshold = Math.min(Math.max(-intercept / slope, 0), 1);
  return { threshold, slope, variance: varianceOf(slope, intercept, hessian) };
}

interface Line {
  readonly slope: number;
  readonly intercept: number;
}

interface Hessian {
  readonly ss: number;
  readonly si: number;
  readonly ii: number;
}

function newtonStep(seen: readonly Observation[], { slope, intercept }: Line) {
  let [gs, gi, ss, si, ii] = [-ridge * slope, -ridge * intercept, ridge, 0, ridge];
  for (const { similarity, same } of seen) {
    const p = logistic(slope * similarity + intercept);
    const weight = p * (1 - p);
    gs += ((same ? 1 : 0) - p) * similarity;
    gi += (same ? 1 : 0) - p;
    ss += weight * similarity * similarity;
    si += weight * similarity;
    ii += weight;
  }
  const determinant = ss * ii - si * si;
  if (!(determinant > 0)) return null;
  return {
    slope: (ii * gs - si * gi) / determinant,
    intercept: (ss * gi - si * gs) / determinant,
    hessian: { ss, si, ii },
  };
}

/** The logarithm of it, less the ridge. */
function likelihoodOf(seen: readonly Observation[], { slope, intercept }: Line): number {
  let sum = (-ridge * (slope ** 2 + intercept ** 2)) / 2;
  for (const { similarity, same } of seen) {
    const z = slope * similarity + intercept;
    sum -= Math.log1p(Math.exp(same ? -z : z));
  }
  return sum;
}

/** The delta method for -intercept / slope. */
function varianceOf(slope: number, intercept: number, { ss, si, ii }: Hessian): number {
  const determinant = Math.max(ss * ii - si * si, 1e-12);
  const bySlope = intercept / slope ** 2;
  const byIntercept = -1 / slope;
  const [vs, vsi, vi] = [ii / determinant, -si / determinant, ss / determinant];
  return bySlope ** 2 * vs + 2 * bySlope * byIntercept * vsi + byIntercept ** 2 * vi;
}

function logistic(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** Of the standard normal distribution; Acklam's rational approximation, good to 1e-9. */
export function quantile(p: number): number {
  const tail = 0.02425;
  if (p < tail) return -lowerTail(p);
  if (p > 1 - tail) return lowerTail(1 - p);
  const q = p - 0.5;
  const r = q * q;
  const top = poly(
    r,
    [
      -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269,
      -30.66479806614716, 2.506628277459239,
    ],
  );
  const bottom = poly(
    r,
    [
      -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972,
      -13.28068155288572, 1,
    ],
  );
  return (top * q) / bottom;
}

function lowerTail(p: number): number {
  const q = Math.sqrt(-2 * Math.log(p));
  const top = poly(
    q,
    [
      -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
      4.374664141464968, 2.938163982698783,
    ],
  );
  const bottom = poly(
    q,
    [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1],
  );
  return -(top / bottom);
}

function poly(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** Doubts from small to large, each with how many deviations stand for it. */
const doubts: readonly (readonly [doubt: number, deviations: number])[] = Array.from(
  { length: gridSize },
  (_, step) => {
    const doubt = 0.5 * ((step + 1) / (gridSize + 1)) ** 3;
    return [doubt, quantile(1 - doubt)] as const;
  },
);
