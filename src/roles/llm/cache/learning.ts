// What each owner has learned of when two texts mean the same, and how much of its requests may be
// wrong. Owners do not learn from each other: what one of them is made to believe, it alone
// believes.

import { Latest } from '../../../kit/latest.ts';
import type { Observation } from '../../../policy/llm-cache/types.ts';
import {
  ErrorBudget,
  type Fit,
  fitObservations,
  observationsMax,
} from '../../../policy/llm-cache/verified.ts';
import type { AnswerStore } from './store.ts';

/** The one heard of longest ago is forgotten; its budget begins at nothing again. */
const ownersMax = 1_000;
/** A fit over two thousand observations takes a millisecond. */
const observationsPerFit = 8;

export interface Learned {
  readonly budget: ErrorBudget;
  /** Over all entries of the owner; null while too little is known. */
  readonly pooled: Fit | null;
}

interface Owner {
  readonly budget: ErrorBudget;
  readonly observations: Observation[];
  pooled: Fit | null;
}

export class Learning {
  readonly #errorMax: number;
  readonly #store: Pick<AnswerStore, 'learned'>;
  readonly #owners = new Latest<string, Promise<Owner>>(ownersMax);

  constructor(errorMax: number, store: Pick<AnswerStore, 'learned'>) {
    this.#errorMax = errorMax;
    this.#store = store;
  }

  /** Counts a request that the cache looks at. */
  async request(name: string): Promise<Learned> {
    const owner = await this.#ownerOf(name);
    owner.budget.request();
    return owner;
  }

  async observe(name: string, observation: Observation): Promise<void> {
    const owner = await this.#ownerOf(name);
    const { observations } = owner;
    observations.push(observation);
    if (observations.length > observationsMax) observations.shift();
    // What was wrong counts at once.
    if (observation.same && observations.length % observationsPerFit !== 0) return;
    owner.pooled = fitObservations(observations);
  }

  forget(): void {
    this.#owners.clear();
  }

  #ownerOf(name: string): Promise<Owner> {
    const owner = this.#owners.get(name) ?? this.#load(name);
    this.#owners.set(name, owner);
    return owner;
  }

  async #load(name: string): Promise<Owner> {
    const observations = [...(await this.#store.learned(name))];
    const budget = new ErrorBudget(this.#errorMax);
    return { budget, observations, pooled: fitObservations(observations) };
  }
}
