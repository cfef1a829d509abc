// How the cache learns: what it would have answered, or did, is compared with what the model says.
// Nobody waits for it, it is bounded, and what it costs is paid like any call of who asked.

import type { Api } from '../../../policy/llm-api.ts';
import type { CachedAnswer, CacheEntry, Observation } from '../../../policy/llm-cache/types.ts';
import { AskFailure, askModel, type OnBehalf } from '../ask-model.ts';
import type { House } from '../house.ts';
import type { Asked } from '../provider-request.ts';
import type { CheckKind } from './answer-cache.ts';
import { type Compared, meanTheSame } from './judge.ts';
import type { Learning } from './learning.ts';
import type { CacheSettings } from './settings.ts';
import type { AnswerStore } from './store.ts';
import type { Tally } from './tally.ts';

/** An entry that was near, and what somebody asked. */
export interface Near {
  readonly entry: CacheEntry;
  readonly similarity: number;
  readonly text: string;
}

type Settings = Pick<CacheSettings, 'semantic' | 'limits'>;

export class Evidence implements AsyncDisposable {
  readonly #house: House;
  readonly #settings: Settings;
  readonly #store: AnswerStore;
  readonly #learning: Learning;
  readonly #tally: Tally;
  readonly #open = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(
    house: House,
    settings: Settings,
    store: AnswerStore,
    learning: Learning,
    tally: Tally,
  ) {
    this.#house = house;
    this.#settings = settings;
    this.#store = store;
    this.#learning = learning;
    this.#tally = tally;
  }

  /** The model was asked instead: would the entry have been right? */
  explored(near: Near, api: Api, given: CachedAnswer, on: OnBehalf): void {
    this.#later(async (signal) => {
      await this.#compare('explore', near, api, given, { ...on, signal });
    });
  }

  /** The entry was given: what would the model have said? */
  shadow(near: Near, asked: Asked, contentType: string, on: OnBehalf): void {
    const { api } = asked.request;
    this.#later(async (signal) => {
      const call = { ...on, signal };
      const body = await askModel(this.#house, asked, call, this.#settings.limits.answerBytesMax);
      await this.#compare('shadow', near, api, { body, contentType }, call);
    });
  }

  async learn(kind: CheckKind, { entry, similarity }: Near, same: boolean): Promise<void> {
    const observation: Observation = { similarity, same };
    this.#tally.checked(kind, same);
    await this.#learning.observe(entry.owner, observation);
    await this.#store.observe(entry, observation);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#open);
  }

  async #compare(
    kind: CheckKind,
    near: Near,
    api: Api,
    given: Pick<CachedAnswer, 'body' | 'contentType'>,
    on: OnBehalf,
  ): Promise<void> {
    const stored = await this.#store.get(near.entry.id);
    if (stored === null) return;
    const asked: Compared = { ...given, text: near.text };
    const known: Compared = { ...stored.answer, text: near.entry.question?.text ?? '' };
    const judge = this.#settings.semantic.judge?.model ?? null;
    const same = await meanTheSame(this.#house, judge, api, [asked, known], on);
    if (same !== null) await this.learn(kind, near, same);
  }

  #later(work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#open.size >= this.#settings.limits.checksMax || this.#stop.signal.aborted) return;
    const done = work(this.#stop.signal).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      const level = error instanceof AskFailure ? 'info' : 'error';
      this.#house.telemetry.log[level]('cache-check-failed', { why });
    });
    this.#open.add(done);
    void done.finally(() => this.#open.delete(done));
  }
}
