// An allowed connection while bytes pass: counted, ended at its limits and by new rules, and
// recorded before either side can see that it is over, so that a kill can lose no ended tunnel.

import type { Socket } from 'node:net';
import { Tunnel, type TunnelEnd, type TunnelGuards, type TunnelWatch } from '../../net/tunnel.ts';
import type { HostDecision } from '../../policy/egress.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { ByteCount } from './byte-count.ts';
import { type Exchange, endExchange, note, record } from './exchange.ts';
import type { JudgedTunnel, OpenTunnel } from './open-tunnels.ts';
import type { AllowedRequest, Reached } from './reach.ts';
import type { TunnelBounds } from './tunnel-bounds.ts';

export interface OpeningTunnel {
  readonly client: Socket;
  /** What the client sent ahead of our answer. */
  readonly early: Buffer;
  readonly decision: HostDecision;
  readonly allowed: AllowedRequest;
  readonly bounds: TunnelBounds;
  readonly reached: Reached;
}

export interface Carrying {
  readonly judged: JudgedTunnel;
  readonly count: ByteCount;
  readonly rule: string | null;
  readonly guards?: TunnelGuards<Reason>;
  /** Asked at the end: why a guard refused what came through, and the status that was answered. */
  readonly refusal?: () => Refused | null;
}

export interface Refused {
  readonly reason: Reason;
  readonly status: number;
}

/** From here on it ends by itself, at a limit, or by new rules; then its exchange is over. */
export function carry(exchange: Exchange, opening: OpeningTunnel, carrying: Carrying): void {
  const { tunnels } = exchange.context;
  tunnels.add(new CarriedTunnel(exchange, opening, carrying));
}

class CarriedTunnel implements OpenTunnel, TunnelWatch<Reason> {
  readonly judged: JudgedTunnel;
  readonly client: Socket;
  readonly count: ByteCount;
  readonly idleTimeoutMs: number;
  readonly shortestMs: number;
  readonly #exchange: Exchange;
  readonly #decision: HostDecision;
  readonly #rule: string | null;
  readonly #refusal: (() => Refused | null) | undefined;
  readonly #tooOldMs: number;
  readonly #tunnel: Tunnel<Reason>;

  constructor(exchange: Exchange, opening: OpeningTunnel, carrying: Carrying) {
    const { idleTimeoutMs, tunnelAgeMs } = opening.bounds.limits;
    this.judged = carrying.judged;
    this.client = opening.client;
    this.count = carrying.count;
    this.idleTimeoutMs = idleTimeoutMs;
    this.shortestMs = Math.min(idleTimeoutMs, tunnelAgeMs);
    this.#exchange = exchange;
    this.#decision = opening.decision;
    this.#rule = carrying.rule;
    this.#refusal = carrying.refusal;
    this.#tooOldMs = exchange.context.world.monotonicMs() + tunnelAgeMs;
    this.#tunnel = new Tunnel<Reason>(this.client, opening.reached.far, this, carrying.guards);
  }

  look(nowMs: number): void {
    if (nowMs >= this.#tooOldMs) this.end('tunnel-too-old');
    else this.#tunnel.look(nowMs);
  }

  end(why: Reason): void {
    this.#tunnel.end(why);
  }

  over(end: TunnelEnd<Reason>): void {
    const { context, countedAs } = this.#exchange;
    const { bytesUp, bytesDown } = this.count;
    context.metrics.ended(countedAs, end);
    note(this.#exchange, { bytesUp, bytesDown, end });
    const refused = this.#refusal?.() ?? null;
    const { reason, status } = refused ?? { reason: this.#decision.reason, status: 200 };
    const allowed = this.#decision.verdict === 'report' ? 'report' : 'allow';
    record(this.#exchange, refused === null ? allowed : 'deny', reason, this.#rule, status);
  }

  closed(): void {
    this.#exchange.context.tunnels.delete(this);
    endExchange(this.#exchange);
  }
}
