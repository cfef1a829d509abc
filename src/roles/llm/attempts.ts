// The loop of a call: choose a deployment, try it, and on failure retry, fall back or give up. It
// ends before the first byte of an answer goes to the client; what may have been billed is settled
// before another attempt is made.

import { type Chosen, chooseDeployment } from '../../policy/llm-choose.ts';
import type { Candidate, RouteGroup, RoutePlan } from '../../policy/llm-route.ts';
import { type Answered, attempt, type Failed } from './attempt.ts';
import type { House } from './house.ts';
import type { Asked } from './provider-request.ts';
import type { ModelSettings } from './routing/settings.ts';

export interface Attempts {
  readonly outcome: Answered | Failed | NoneLeft;
  /** Retries and fallbacks that were made. */
  readonly retries: number;
  readonly fallbacks: number;
}

/** Nothing could be tried: limits of the deployments, or of the money. */
export interface NoneLeft {
  readonly kind: 'none-left';
  readonly why: 'full' | 'cooling' | 'unaffordable';
  readonly retryAfterMs: number;
}

export interface AttemptsFor {
  readonly plan: RoutePlan;
  /** The deployment that has the conversation; null when none is known. */
  readonly preferred: string | null;
  /** Aborts when the client is gone or the request has had its time. */
  readonly signal: AbortSignal;
  /** Whether the money that is held covers an attempt there. */
  readonly affordable: (candidate: Candidate) => boolean;
  /** Before each attempt: holds its money. False when there is none; nothing more is tried then. */
  readonly begin: (candidate: Candidate) => Promise<boolean>;
  /** After each failure: settles what may have been billed. */
  readonly failed: (failure: Failed) => void;
}

export async function makeAttempts(
  house: House,
  asked: Asked,
  call: AttemptsFor,
): Promise<Attempts> {
  const run = new Run(house, asked, call);
  const outcome = await run.through();
  return { outcome, retries: run.retries, fallbacks: run.fallbacks };
}

class Run {
  readonly #house: House;
  readonly #asked: Asked;
  readonly #call: AttemptsFor;
  readonly #seen = new Set<string>();
  retries = 0;
  fallbacks = 0;
  #stopped = false;

  constructor(house: House, asked: Asked, call: AttemptsFor) {
    this.#house = house;
    this.#asked = asked;
    this.#call = call;
  }

  async through(): Promise<Answered | Failed | NoneLeft> {
    const { plan } = this.#call;
    this.#seen.add(plan.primary.model);
    let last = await this.#group(plan.primary, !hasFallback(plan));
    for (;;) {
      if (last.kind === 'answered' || this.#stopped || this.#call.signal.aborted) return last;
      const next = this.#nextGroup(last);
      if (next === null) return last;
      this.fallbacks += 1;
      this.#seen.add(next.model);
      const outcome = await this.#group(next, true);
      // The failure that says most is the one of a provider.
      last = outcome.kind === 'none-left' && last.kind === 'failed' ? last : outcome;
    }
  }

  #nextGroup(last: Failed | NoneLeft): RouteGroup | null {
    const { general, contextWindow, contentPolicy } = this.#call.plan.fallbacks;
    if (this.fallbacks >= this.#house.settings.routing.fallbacksMax) return null;
    const errorClass = last.kind === 'failed' ? last.errorClass : 'rate-limit';
    const own = { 'context-window': contextWindow, 'content-policy': contentPolicy };
    const groups =
      errorClass === 'context-window' || errorClass === 'content-policy'
        ? [...own[errorClass], ...general]
        : errorClass === 'bad-request'
          ? []
          : general;
    return groups.find(({ model }) => !this.#seen.has(model)) ?? null;
  }

  /** `isLast`: there is nowhere else to go, so one that cools down is better than none. */
  async #group(group: RouteGroup, isLast: boolean): Promise<Answered | Failed | NoneLeft> {
    const model = this.#house.modelOf(group.model);
    const candidates = group.candidates.filter(this.#call.affordable);
    if (candidates.length === 0) return noneLeft('unaffordable', 0);
    const tried = new Set<string>();
    const used = new Map<string, number>();
    let last: Failed | null = null;
    for (;;) {
      let chosen = this.#choose(candidates, model, tried, isLast && last === null);
      if ('none' in chosen && chosen.none === 'tried') {
        tried.clear();
        chosen = this.#choose(candidates, model, tried, false);
      }
      if ('none' in chosen) return last ?? noneLeft(chosen.none, chosen.retryAfterMs);
      if (!(await this.#call.begin(chosen.candidate))) {
        this.#stopped = true;
        return last ?? noneLeft('unaffordable', 0);
      }
      const outcome = await this.#try(chosen.candidate, model);
      if (outcome.kind === 'answered') return outcome;
      last = outcome;
      if (!this.#mayRetry(outcome, model, used)) return outcome;
      tried.add(chosen.candidate.id);
      const isFresh = candidates.some(({ id }) => !tried.has(id));
      if (!(await this.#waited(outcome, isFresh, used.get(outcome.errorClass) ?? 1)))
        return outcome;
      this.retries += 1;
    }
  }

  #choose(
    candidates: readonly Candidate[],
    { strategy }: ModelSettings,
    tried: ReadonlySet<string>,
    desperate: boolean,
  ): Chosen {
    const { world, live } = this.#house;
    return chooseDeployment(candidates, {
      ...{ strategy, tried, desperate, preferred: this.#call.preferred },
      live: (id) => live.read(id),
      nowMs: world.monotonicMs(),
      random: candidates.length > 1 ? world.randomBytes(4).readUInt32BE() / 2 ** 32 : 0,
    });
  }

  async #try(candidate: Candidate, model: ModelSettings): Promise<Answered | Failed> {
    const { live, settings } = this.#house;
    const deployment = this.#house.deploymentOf(candidate.id);
    const bounds = {
      attemptMs: deployment.attemptMs ?? model.attemptMs,
      firstByteMs:
        deployment.firstByteMs ?? model.firstByteMs ?? settings.limits.firstByteTimeoutMs,
    };
    live.began(candidate.id);
    const outcome = await attempt(this.#house, this.#asked, candidate, bounds, this.#call.signal);
    if (outcome.kind === 'answered') {
      live.succeeded(candidate.id, outcome.firstByteMs);
      return outcome;
    }
    live.ended(candidate.id, 0);
    // A client that leaves says nothing of the deployment.
    if (outcome.reason === 'client-gone') return outcome;
    const { errorClass, retryAfterMs } = outcome;
    const cooled = live.failed(candidate.id, errorClass, retryAfterMs, model.cooldown);
    this.#house.meter.attemptFailed(candidate, errorClass);
    this.#house.telemetry.log.warn('attempt-failed', {
      ...{ requestId: this.#asked.requestId, deployment: candidate.id, errorClass, cooled },
      ...{ reason: outcome.reason, status: outcome.answer?.status ?? null, cause: outcome.cause },
    });
    return outcome;
  }

  /** Settles the failure, and says whether its class has a retry left. */
  #mayRetry(
    failure: Failed,
    { retries, retryBilled }: ModelSettings,
    used: Map<string, number>,
  ): boolean {
    this.#call.failed(failure);
    if (this.#call.signal.aborted) return false;
    const before = used.get(failure.errorClass) ?? 0;
    if (before >= (retries[failure.errorClass] ?? 0)) return false;
    // Made again, it may be billed again: only where somebody has said that it shall.
    if (failure.billed && !retryBilled) return false;
    used.set(failure.errorClass, before + 1);
    return true;
  }

  /** Another deployment is asked at once; the same after the time it names, or a growing one. */
  async #waited(failure: Failed, isFresh: boolean, count: number): Promise<boolean> {
    if (isFresh) return true;
    const { retryWaitMs, retryWaitMsMax } = this.#house.settings.routing;
    const grown = Math.min(retryWaitMsMax, retryWaitMs * 2 ** (count - 1));
    const waitMs = failure.retryAfterMs ?? grown;
    // So long a wait is the client's to decide on: it is told with Retry-After.
    if (waitMs > retryWaitMsMax) return false;
    await pause(waitMs, this.#call.signal);
    return !this.#call.signal.aborted;
  }
}

function hasFallback({ fallbacks }: RoutePlan): boolean {
  return fallbacks.general.length > 0;
}

function noneLeft(why: NoneLeft['why'] | 'tried', retryAfterMs: number): NoneLeft {
  return { kind: 'none-left', why: why === 'tried' ? 'full' : why, retryAfterMs };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
