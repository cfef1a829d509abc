// What is known of one call while it is handled, and the one record it ends in.

import type { Socket } from 'node:net';
import type { World } from '../../kit/world.ts';
import type { RequestReader } from '../../net/http1/request-reader.ts';
import type { CallerPolicy } from '../../policy/docker/model.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { DaemonPool } from './daemon-pool.ts';
import type { DockerMetrics } from './docker-metrics.ts';
import type { Execs } from './execs.ts';
import type { KnownInspects } from './known-inspects.ts';
import type { CallerLimits } from './limits.ts';
import type { DockerFields } from './record.ts';
import type { DockerProxySettings } from './settings.ts';

export interface DockerContext {
  readonly settings: DockerProxySettings;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly metrics: DockerMetrics;
  readonly pool: DaemonPool;
}

/** One caller, over all its connections. */
export interface CallerState {
  readonly caller: string;
  readonly policy: CallerPolicy;
  readonly limits: CallerLimits;
  readonly execs: Execs;
  /** Of templates with `commandsOnly`: containers by id, and the run of each that was looked at. */
  readonly lookedAt: Map<string, string>;
  /** What was read out of the daemon's last answers about containers. */
  readonly inspects: KnownInspects;
  /** By id, which means the same image for ever: whether it has our label. */
  readonly labelledImages: Map<string, boolean>;
  /** Creates of a caller come one after another, so that their number can be known. */
  readonly oneCreate: OneAtATime;
}

export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>;

export interface Exchange {
  readonly context: DockerContext;
  readonly state: CallerState;
  readonly client: Socket;
  readonly reader: RequestReader;
  readonly startedMs: number;
  requestId: string;
  rule: string | null;
  fields: DockerFields;
  /** Called when the client disturbs the exchange: it has left, or sends what it may not. */
  abandon: (() => void) | null;
  disturbed: 'pipelined' | 'gone' | null;
  /** Of a body that is passed on as it comes: not over yet; why it came to no good. */
  bodyIsOpen: boolean;
  bodyFault: Reason | null;
}

export function beginExchange(
  context: DockerContext,
  state: CallerState,
  client: Socket,
  reader: RequestReader,
): Exchange {
  return {
    ...{ context, state, client, reader },
    startedMs: context.world.monotonicMs(),
    requestId: '',
    rule: null,
    fields: {},
    abandon: null,
    disturbed: null,
    bodyIsOpen: false,
    bodyFault: null,
  };
}

/** From here on the client has said all it may say until it has its answer. */
export function watchClient(exchange: Exchange): void {
  exchange.reader.watch((what) => {
    exchange.disturbed = what;
    exchange.abandon?.();
  });
}

export function elapsedMs({ context, startedMs }: Exchange): number {
  return context.world.monotonicMs() - startedMs;
}

/** Ends the exchange: one canonical line. */
export function record(exchange: Exchange, reason: Reason, fields: DockerFields = {}): void {
  const { context, state, rule, requestId } = exchange;
  const durationMs = elapsedMs(exchange);
  const all = { ...exchange.fields, ...fields };
  context.metrics.answered(state.caller, durationMs / 1_000);
  context.metrics.carried(state.caller, all.bytesIn ?? 0, all.bytesOut ?? 0);
  context.telemetry.record({
    requestId,
    caller: state.caller,
    verdict: reason === 'allowed' ? 'allow' : 'deny',
    reason,
    rule,
    durationMs: Math.round(durationMs * 10) / 10,
    fields: all,
  });
}

export function oneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}
