// One request on its way through: who it is from, what is known of it so far, and its one record
// at the end.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect } from '../../policy/llm-request.ts';
import type { Reason } from '../../policy/reasons.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import { type Refusal, refuse } from './answer.ts';
import type { House } from './house.ts';

type FieldValue = string | number | boolean | null;

export class Ticket {
  readonly requestId: string;
  readonly caller: string;
  readonly dialect: Dialect;
  readonly signal: AbortSignal;
  readonly #route: string | null;
  readonly #house: House;
  readonly #response: ServerResponse;
  readonly #startedMs: number;
  readonly #ended: ReturnType<House['meter']['began']>;
  #bytesIn = 0;
  #bytesOut = 0;
  readonly #fields: Record<string, FieldValue> = {};
  #outcome: { verdict: 'allow' | 'deny'; reason: Reason; rule: string | null } = {
    verdict: 'allow',
    reason: 'allowed',
    rule: null,
  };

  /** `route`: the path, where a model is asked. */
  constructor(
    house: House,
    caller: string,
    dialect: Dialect,
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
    route: string | null,
  ) {
    this.#route = route;
    this.#house = house;
    this.#response = response;
    this.#startedMs = house.world.monotonicMs();
    this.#ended = house.meter.began(caller);
    this.caller = caller;
    this.dialect = dialect;
    this.signal = signal;
    this.requestId = takeRequestId(request) ?? house.world.randomId();
  }

  note(fields: Readonly<Record<string, FieldValue>>): void {
    Object.assign(this.#fields, fields);
  }

  /** Body bytes, from the caller and to it. */
  carried(bytesIn: number, bytesOut: number): void {
    this.#bytesIn += bytesIn;
    this.#bytesOut += bytesOut;
  }

  rule(rule: string | null): void {
    this.#outcome.rule = rule;
  }

  outcome(verdict: 'allow' | 'deny', reason: Reason): void {
    this.#outcome = { ...this.#outcome, verdict, reason };
  }

  /** Answers with a refusal, unless an answer has begun. */
  refuse(refusal: Refusal): void {
    this.outcome('deny', refusal.reason);
    if (this.#response.headersSent || this.#response.destroyed) return;
    this.note({ status: refuse(this.#response, this.dialect, refusal, this.requestId) });
  }

  elapsedMs(): number {
    return Math.round(this.#house.world.monotonicMs() - this.#startedMs);
  }

  close(): void {
    const { requestId, caller } = this;
    const durationMs = this.elapsedMs();
    const [bytesIn, bytesOut] = [this.#bytesIn, this.#bytesOut];
    const fields = { dialect: this.dialect, bytesIn, bytesOut, ...this.#fields };
    this.#ended(durationMs, bytesIn, bytesOut);
    if (this.#route !== null) {
      const { reason } = this.#outcome;
      this.#house.litellm?.ended({ route: this.#route, durationMs, reason, fields });
    }
    this.#house.telemetry.record({ requestId, caller, ...this.#outcome, durationMs, fields });
  }
}

/** One that could break a header or a log line is replaced. */
function takeRequestId(request: IncomingMessage): string | null {
  const [id, ...more] = request.headersDistinct[requestIdHeader] ?? [];
  return id !== undefined && more.length === 0 && /^[\w.:-]{1,128}$/.test(id) ? id : null;
}
