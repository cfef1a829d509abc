// A call that goes to the model, as the cache sees it: its answer is kept as it goes by, given to
// whoever waits for the same one, stored where it may be, and compared with what was near.

import type { Api } from '../../../policy/llm-api.ts';
import type { CachedAnswer } from '../../../policy/llm-cache/types.ts';
import { worthKeeping } from '../../../policy/llm-cache/worth-keeping.ts';
import type { Watch } from '../watch.ts';
import type { CacheTurn, SentAnswer } from './answer-cache.ts';
import type { Landing } from './flights.ts';
import { KeptAnswer } from './kept-answer.ts';

export interface TurnFor {
  readonly api: Api;
  readonly model: string;
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answerBytesMax: number;
  readonly ttlMs: number;
  readonly nowMs: () => number;
  /** Aborted when the client leaves. */
  readonly gone: AbortSignal;
  /** Whoever waits for this answer hears of it; null where nobody may. */
  readonly land: ((landing: Landing) => void) | null;
  /** Why it is not kept is for the record. */
  readonly left: (why: string) => void;
  /** Nothing comes any more. */
  readonly ended: () => void;
  /** False where an answer that calls a tool is nobody else's. */
  readonly keep: (answer: CachedAnswer, callsTool: boolean) => boolean;
}

/** Of a call that is none of the cache's business. */
export const untouched: CacheTurn = {
  headers: {},
  over: (watch) => watch,
  answered: () => {},
  end: () => {},
};

export class KeptTurn implements CacheTurn {
  readonly headers: Readonly<Record<string, string>>;
  readonly #for: TurnFor;
  readonly #kept: KeptAnswer;
  readonly #abandon = () => this.#land('abandoned');
  #isLanded = false;

  constructor(turn: TurnFor) {
    this.headers = turn.headers;
    this.#for = turn;
    this.#kept = new KeptAnswer(turn.answerBytesMax);
    // What it left may be read on for a while, to be counted: nobody waits for that.
    if (turn.land !== null) turn.gone.addEventListener('abort', this.#abandon, { once: true });
  }

  over(watch: Watch): Watch {
    return this.#kept.over(watch);
  }

  answered(sent: SentAnswer): void {
    const { api, keep, left } = this.#for;
    const body = this.#kept.take();
    const unfit = this.#unfit(sent, body);
    if (unfit !== null || body === null) {
      left(unfit ?? 'too-long');
      return;
    }
    const worth = worthKeeping(api, body);
    const answer = this.#answer(sent, body);
    if (!worth.keep) left(worth.why);
    else if (keep(answer, worth.callsTool)) this.#land({ answer });
    else left('calls-a-tool');
  }

  end(): void {
    // What hangs on a signal lives as long as whatever else still knows the signal.
    this.#for.gone.removeEventListener('abort', this.#abandon);
    this.#for.ended();
    this.#land(this.#for.gone.aborted ? 'abandoned' : 'nothing');
  }

  #unfit({ whole, status, headers, candidate, contentType }: SentAnswer, body: Buffer | null) {
    if (!whole) return 'broken';
    if (status !== 200) return 'status';
    // A fallback's answer is not what was asked for.
    if (candidate.group !== this.#for.model) return 'fallback';
    if (headers['content-encoding'] !== undefined) return 'encoded';
    if (!/^(?:application\/json|text\/event-stream)\b/.test(contentType)) return 'type';
    return body === null ? 'too-long' : null;
  }

  #answer({ candidate, contentType, costNanoUsd }: SentAnswer, body: Buffer): CachedAnswer {
    const { requestId, nowMs, ttlMs } = this.#for;
    const createdMs = nowMs();
    const { provider, model: deployment } = candidate;
    return {
      ...{ contentType, body, createdMs, untilMs: createdMs + ttlMs, requestId },
      ...{ costNanoUsd: costNanoUsd ?? 0, provider, deployment },
    };
  }

  #land(landing: Landing): void {
    if (this.#isLanded) return;
    this.#isLanded = true;
    this.#for.land?.(landing);
  }
}
