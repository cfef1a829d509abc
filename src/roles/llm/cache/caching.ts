// The way of a call through the cache: the same request's answer, one that is being made, one that
// was given to something similar, or on to the model. It comes after everything that may refuse a
// call but the money, so an answer from here is never one that would have been refused.

import { setTimeout as wait } from 'node:timers/promises';
import { type CacheControls, readCacheControls } from '../../../policy/llm-cache/controls.ts';
import { demandsOf } from '../../../policy/llm-cache/guard.ts';
import { ownerOf, planCache } from '../../../policy/llm-cache/plan.ts';
import type { QuestionFeatures } from '../../../policy/llm-cache/question-features.ts';
import type { CachedAnswer, CachePlan } from '../../../policy/llm-cache/types.ts';
import type { OnBehalf } from '../ask-model.ts';
import type { House } from '../house.ts';
import { forwardedHeaders } from '../providers/index.ts';
import type { AnswerCache, CacheCall, CacheCaller, CacheStats, CacheTurn } from './answer-cache.ts';
import { Evidence, type Near } from './evidence.ts';
import { AnswerFinder, type Missed } from './find-answer.ts';
import { Flights, type Landing } from './flights.ts';
import { Given } from './given.ts';
import { KeptTurn, untouched } from './kept-turn.ts';
import { Learning } from './learning.ts';
import { cacheHeaders, replay } from './replay.ts';
import type { CacheSettings } from './settings.ts';
import type { AnswerStore } from './store.ts';
import { Tally } from './tally.ts';

type Land = (landing: Landing) => void;

/** An answer that is not there yet: who deletes it meanwhile does not want it kept. */
interface Making {
  readonly id: string;
  readonly owner: string;
  isForgotten: boolean;
}

export class AnswerCaching implements AnswerCache {
  readonly #house: House;
  readonly #settings: CacheSettings;
  readonly #store: AnswerStore;
  readonly #demandsOf: ((features: QuestionFeatures) => string) | null;
  readonly #finder: AnswerFinder;
  readonly #learning: Learning;
  readonly #evidence: Evidence;
  readonly #tally: Tally;
  readonly #flights = new Flights();
  readonly #given = new Given();
  readonly #making = new Set<Making>();
  readonly #stop = new AbortController();

  /** `isCommon`: whether everybody uses a word. */
  constructor(
    house: House,
    settings: CacheSettings,
    store: AnswerStore,
    isCommon: (word: string) => boolean,
  ) {
    this.#house = house;
    this.#settings = settings;
    this.#store = store;
    this.#tally = new Tally(house.telemetry, store);
    this.#learning = new Learning(settings.semantic.errorMax, store);
    const { semantic } = settings;
    const isGuarded = semantic.policy === 'verified' || semantic.guard;
    this.#demandsOf = isGuarded ? (features) => demandsOf(features, isCommon) : null;
    this.#finder = new AnswerFinder(semantic, store, this.#learning, house.world, isCommon);
    this.#evidence = new Evidence(house, settings, store, this.#learning, this.#tally);
  }

  async look(call: CacheCall): Promise<CacheTurn | 'answered'> {
    const controls = readCacheControls(call.asked.request, call.asked.body);
    const plan = this.#plan(call, controls);
    if ('leftOut' in plan) {
      call.ticket.note({ cache: 'left-out', cacheWhy: plan.leftOut });
      this.#tally.lookup(call.model, 'left-out', plan.leftOut);
      return untouched;
    }
    const entered = await this.#enter(call, plan, controls);
    if (entered === 'answered') return entered;
    const { land } = entered;
    try {
      const found = controls.noCache
        ? ({ kind: 'missed', near: null, why: 'no-cache' } as const)
        : await this.#finder.find(plan, controls, onBehalf(call));
      if (found.kind === 'missed') return this.#turn(call, plan, controls, found, land);
      land?.({ answer: found.answer });
      const how = found.near === null ? 'exact' : 'semantic';
      this.#give(call, plan, how, found.id, found.answer, found.near);
      return 'answered';
    } catch (error) {
      land?.('nothing');
      throw error;
    }
  }

  stats(): CacheStats {
    const { mode, semantic } = this.#settings;
    const isBounded = mode === 'semantic' && semantic.policy === 'verified';
    return {
      mode,
      store: { kind: this.#store.kind, ...this.#store.stats() },
      errorMax: isBounded ? semantic.errorMax : null,
      ...this.#tally.counts(),
    };
  }

  delete(ids: readonly string[], who: CacheCaller): Promise<readonly string[]> {
    const owner = ownerOf({ share: this.#settings.share, ...who });
    for (const one of this.#making) {
      if (one.owner === owner && ids.includes(one.id)) this.#forget(one);
    }
    return this.#store.delete(ids, owner);
  }

  async clear(): Promise<void> {
    for (const one of this.#making) this.#forget(one);
    await this.#store.clear();
    this.#learning.forget();
  }

  async feedback(requestId: string, right: boolean, who: CacheCaller): Promise<'taken' | null> {
    const owner = ownerOf({ share: this.#settings.share, ...who });
    const given = this.#given.take(requestId, owner, who);
    if (given === null) return null;
    const { near, id } = given;
    if (near === null) {
      if (!right) await this.#store.delete([id], owner);
      return 'taken';
    }
    // What one of many says was right, all of them would believe.
    const isAlone = ['session', 'key'].includes(this.#settings.share);
    if (isAlone || !right) await this.#evidence.learn('feedback', near, right);
    return 'taken';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#evidence[Symbol.asyncDispose]();
  }

  #forget(making: Making): void {
    making.isForgotten = true;
    this.#flights.forget(making.id);
  }

  #plan({ ticket, key, agent, asked, model }: CacheCall, controls: CacheControls) {
    const { models, apis, optIn, share, tools, mode, semantic } = this.#settings;
    if (models !== null && !models.includes(model)) return { leftOut: 'model' };
    if (apis !== null && !apis.includes(asked.request.api)) return { leftOut: 'api' };
    if (optIn && !controls.asksFor) return { leftOut: 'not-asked-for' };
    if (controls.noCache && controls.noStore) return { leftOut: 'asked-not-to' };
    const headers = forwardedHeaders.flatMap((name): [string, string][] => {
      const value = asked.headers[name];
      return value === undefined ? [] : [[name, String(value)]];
    });
    return planCache(asked.request, asked.body, {
      ...{ caller: ticket.caller, key, session: agent.session, share, model, headers, tools },
      ...{ namespace: controls.namespace, search: asked.search, semantic: mode === 'semantic' },
      ...{ demandsOf: this.#demandsOf, textBytesMax: semantic.textBytesMax },
    });
  }

  /** Waits for the same request where one is being answered; else others may wait for this one. */
  async #enter(call: CacheCall, plan: CachePlan, controls: CacheControls) {
    if (controls.noCache) return { land: null };
    for (;;) {
      const flight = this.#flights.inFlight(plan.key);
      // In one step with the look, so that of several that were left only one goes ahead.
      if (flight === null) return { land: controls.noStore ? null : this.#flights.lead(plan.key) };
      const landing = await this.#landed(flight, call.ticket.signal);
      if (landing === 'abandoned') continue;
      if (landing === 'nothing' || !this.#finder.isUsable(landing.answer, controls)) {
        return { land: null };
      }
      this.#give(call, plan, 'joined', plan.key, landing.answer, null);
      return 'answered';
    }
  }

  async #landed(flight: Promise<Landing>, gone: AbortSignal): Promise<Landing> {
    const stop = new AbortController();
    const signal = AbortSignal.any([gone, stop.signal]);
    const late = wait(this.#settings.limits.waitMs, 'nothing' as const, { signal, ref: false });
    try {
      return await Promise.race([flight, late.catch(() => 'nothing' as const)]);
    } finally {
      stop.abort();
    }
  }

  #give(
    call: CacheCall,
    plan: CachePlan,
    how: 'exact' | 'semantic' | 'joined',
    id: string,
    answer: CachedAnswer,
    near: Near | null,
  ): void {
    const { ticket, response, asked, key, agent, model } = call;
    const ageMs = Math.max(0, this.#house.world.now() - answer.createdMs);
    const similarity = near?.similarity ?? null;
    if (!replay(ticket, response, { how, plan, answer, ageMs, similarity })) return;
    this.#tally.lookup(model, how);
    this.#tally.saved(model, answer.costNanoUsd);
    const { requestId, caller } = ticket;
    const { provider, deployment, costNanoUsd } = answer;
    const route = { provider, model, deployment, nanoUsd: 0 };
    this.#house.wallet.saved(
      { ...{ requestId, caller, key, ...agent }, model, routes: [route], tokens: 0, again: false },
      costNanoUsd,
    );
    this.#given.add(requestId, { caller, key }, { id, owner: plan.owner, near });
    if (near === null || this.#finder.random() >= this.#settings.semantic.checkShare) return;
    this.#evidence.shadow(near, asked, answer.contentType, onBehalf(call));
  }

  #turn(
    call: CacheCall,
    plan: CachePlan,
    controls: CacheControls,
    { near, why }: Missed,
    land: Land | null,
  ): CacheTurn {
    const { ticket, asked, model } = call;
    const { api } = asked.request;
    const { limits, ttlMs, ttlMsMax, tools } = this.#settings;
    const did = near === null ? 'miss' : 'explore';
    ticket.note({ cache: did, cacheKey: plan.key, ...(near === null ? { cacheWhy: why } : {}) });
    this.#tally.lookup(model, did, near === null ? why : '');
    const on = { ...onBehalf(call), signal: this.#stop.signal };
    const making = { id: plan.key, owner: plan.owner, isForgotten: false };
    this.#making.add(making);
    return new KeptTurn({
      ...{ api, model, requestId: ticket.requestId, land, answerBytesMax: limits.answerBytesMax },
      headers: cacheHeaders(plan, did),
      ttlMs: Math.min(controls.ttlMs ?? ttlMs, ttlMsMax),
      nowMs: () => this.#house.world.now(),
      gone: ticket.signal,
      left: (cacheLeft) => ticket.note({ cacheLeft }),
      ended: () => this.#making.delete(making),
      keep: (answer, callsTool) => {
        if (callsTool && tools === 'never') {
          // An answer without the call would have been another.
          if (near !== null) void this.#evidence.learn('explore', near, false);
          return false;
        }
        const question = callsTool && tools === 'exact' ? null : plan.question;
        if (near !== null) this.#evidence.explored(near, api, answer, on);
        const isUnwanted = controls.noStore || making.isForgotten;
        if (isUnwanted || answer.untilMs <= answer.createdMs) return true;
        void this.#store.put({ id: plan.key, owner: plan.owner, question }, answer, on);
        return true;
      },
    });
  }
}

function onBehalf({ ticket, key, agent }: CacheCall): OnBehalf {
  const { requestId, caller, signal } = ticket;
  const { session, heartbeat } = agent;
  return { requestId, caller, key, session, heartbeat, signal };
}
