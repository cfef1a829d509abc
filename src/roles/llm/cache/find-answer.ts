// Whether something that is stored answers a request: the same request's answer, or one to a text
// that is near enough by the policy.

import type { World } from '../../../kit/world.ts';
import type { CacheControls } from '../../../policy/llm-cache/controls.ts';
import { decide, entryFeatures, type SemanticPolicy } from '../../../policy/llm-cache/decide.ts';
import type { QuestionFeatures } from '../../../policy/llm-cache/question-features.ts';
import type { CachedAnswer, CacheEntry, CachePlan } from '../../../policy/llm-cache/types.ts';
import type { OnBehalf } from '../ask-model.ts';
import type { Near } from './evidence.ts';
import type { Learned, Learning } from './learning.ts';
import type { CacheSettings } from './settings.ts';
import type { AnswerStore } from './store.ts';

export interface Found {
  readonly kind: 'found';
  /** The entry's. */
  readonly id: string;
  readonly answer: CachedAnswer;
  /** Null where it is the same request's. */
  readonly near: Near | null;
}

export interface Missed {
  readonly kind: 'missed';
  /** What the model's answer is to be compared with. */
  readonly near: Near | null;
  readonly why: string;
}

/** Nearest entries that are looked at. */
const neighboursMax = 8;

export class AnswerFinder {
  readonly #settings: CacheSettings['semantic'];
  readonly #store: AnswerStore;
  readonly #learning: Learning;
  readonly #world: World;
  readonly #isCommon: (word: string) => boolean;
  #chances: Buffer = Buffer.alloc(0);
  readonly #features = new WeakMap<CacheEntry, QuestionFeatures>();

  constructor(
    settings: CacheSettings['semantic'],
    store: AnswerStore,
    learning: Learning,
    world: World,
    isCommon: (word: string) => boolean,
  ) {
    this.#settings = settings;
    this.#store = store;
    this.#learning = learning;
    this.#world = world;
    this.#isCommon = isCommon;
  }

  async find(plan: CachePlan, controls: CacheControls, on: OnBehalf): Promise<Found | Missed> {
    const learned = await this.#learning.request(plan.owner);
    const same = await this.#stored(plan.key, plan, controls);
    if (same !== null) return { kind: 'found', id: plan.key, answer: same, near: null };
    const decision = await this.#decide(plan, learned, on);
    if (decision.kind === 'miss') return { kind: 'missed', near: null, why: decision.why };
    const { entry, similarity } = decision;
    const near: Near = { entry, similarity, text: plan.question?.text ?? '' };
    if (decision.kind === 'explore') return { kind: 'missed', near, why: 'explore' };
    const answer = await this.#stored(entry.id, plan, controls);
    if (answer === null) return { kind: 'missed', near: null, why: 'gone' };
    return { kind: 'found', id: entry.id, answer, near };
  }

  isUsable({ createdMs, untilMs }: CachedAnswer, { ageMsMax }: CacheControls): boolean {
    const nowMs = this.#world.now();
    return nowMs < untilMs && (ageMsMax === null || nowMs - createdMs <= ageMsMax);
  }

  /** 0 to 1, not included. */
  random(): number {
    // To ask the system for four bytes takes longer than to look for an answer.
    if (this.#chances.length < 4) this.#chances = this.#world.randomBytes(1_024);
    const chance = this.#chances.readUInt32BE() / 2 ** 32;
    this.#chances = this.#chances.subarray(4);
    return chance;
  }

  async #decide({ question, features, why }: CachePlan, { budget, pooled }: Learned, on: OnBehalf) {
    if (question === null) return { kind: 'miss', why } as const;
    const { policy, threshold, guard } = this.#settings;
    const near = await this.#store.nearest(question, neighboursMax, on);
    const by: SemanticPolicy =
      policy === 'fixed'
        ? { kind: 'fixed', threshold, guard }
        : { kind: 'verified', budget, pooled };
    // What another scope holds is not near, whatever a store says.
    const own = near.filter(({ entry }) => entry.question?.scope === question.scope);
    return decide(question.text, own, {
      ...{ policy: by, isCommon: this.#isCommon, features, random: () => this.random() },
      featuresOf: (entry) => this.#featuresOf(entry),
    });
  }

  /** Whatever a store says, nobody gets what is another owner's. */
  async #stored(
    id: string,
    { owner }: CachePlan,
    controls: CacheControls,
  ): Promise<CachedAnswer | null> {
    const stored = await this.#store.get(id);
    if (stored === null || stored.entry.owner !== owner || stored.entry.id !== id) return null;
    return this.isUsable(stored.answer, controls) ? stored.answer : null;
  }

  #featuresOf(entry: CacheEntry): QuestionFeatures {
    const known = this.#features.get(entry) ?? entryFeatures(entry);
    this.#features.set(entry, known);
    return known;
  }
}
