// What is known of one connection while it is handled, and the one record it ends in.

import type { Socket } from 'node:net';
import type { World } from '../../kit/world.ts';
import { closeWith } from '../../net/close-with.ts';
import type { Dial } from '../../net/dial.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EgressMetrics } from './egress-metrics.ts';
import type { EgressLimits } from './limits.ts';
import type { LiveRules } from './live-rules.ts';
import type { OpenTunnels } from './open-tunnels.ts';
import type { EgressFields } from './record.ts';
import { type Refusal, refusalAnswer, statusOf } from './refusal.ts';
import type { ResolveHost } from './resolve-host.ts';
import type { EgressSettings } from './settings.ts';

export interface EgressContext {
  readonly settings: EgressSettings;
  readonly rules: LiveRules;
  readonly limits: EgressLimits;
  readonly tunnels: OpenTunnels;
  readonly resolveHost: ResolveHost;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly metrics: EgressMetrics;
  readonly dial: Dial;
}

export interface Exchange {
  readonly context: EgressContext;
  readonly startedMs: number;
  caller: string;
  /** The caller as metrics know it: `*` for those that only the rule for others stands for. */
  countedAs: string;
  requestId: string;
  /** Not before its credentials have told who it is, where those do. */
  isNamed: boolean;
  /** For the record; `note` adds to them. */
  readonly fields: EgressFields;
  /** What the limits count it under, given back when it is over. */
  readonly admitted: string[];
  /** Called once, after its record is written and everything it was counted for given back. */
  readonly onOver: () => void;
}

/** Whether an exchange is over, or has become a tunnel that will end by itself. */
export type Handled = 'over' | 'carried';

export function beginExchange(
  context: EgressContext,
  caller: string,
  onOver: () => void,
): Exchange {
  const { world } = context;
  const startedMs = world.monotonicMs();
  const requestId = world.randomId();
  const countedAs = caller;
  const known = { caller, countedAs, requestId, isNamed: true };
  return { context, startedMs, ...known, fields: {}, admitted: [], onOver };
}

export function note(exchange: Exchange, fields: EgressFields): void {
  Object.assign(exchange.fields, fields);
}

/** To be called once for what `limits.enter` let in, when nothing of it is open any more. */
export function endExchange(exchange: Exchange): void {
  const { context, admitted, countedAs, isNamed, onOver } = exchange;
  if (admitted.length > 0) context.metrics.closed(countedAs);
  for (const key of admitted) context.limits.release(key);
  context.limits.leave(isNamed);
  onOver();
}

export async function refuseTunnel(
  exchange: Exchange,
  client: Socket,
  refusal: Refusal,
): Promise<Handled> {
  const { reason, rule, fields } = refusal;
  if (fields !== undefined) note(exchange, fields);
  exchange.context.metrics.answered(exchange.countedAs, secondsOf(exchange));
  record(exchange, 'deny', reason, rule, statusOf(reason));
  await closeWith(client, refusalAnswer(reason, exchange.requestId));
  return 'over';
}

export function secondsOf(exchange: Exchange): number {
  return (exchange.context.world.monotonicMs() - exchange.startedMs) / 1_000;
}

export function record(
  exchange: Exchange,
  verdict: 'allow' | 'deny' | 'report',
  reason: Reason,
  rule: string | null,
  status: number,
): void {
  exchange.context.telemetry.record({
    requestId: exchange.requestId,
    caller: exchange.caller,
    countedAs: exchange.countedAs,
    verdict,
    reason,
    rule,
    durationMs: Math.round(secondsOf(exchange) * 1_000),
    fields: { status, ...exchange.fields },
  });
}
