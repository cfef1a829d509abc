// What is known of one connection while it is handled, and the one record it ends in.

import type { Socket } from 'node:net';
import type { World } from '../../kit/world.ts';
import type { Dial } from '../../net/dial.ts';
import type { EgressPolicy } from '../../policy/egress.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EgressMetrics } from './egress-metrics.ts';
import type { EgressFields } from './record.ts';
import { closeWith, type Refusal, refusalAnswer, statusOf } from './refusal.ts';
import type { EgressSettings } from './settings.ts';

export interface EgressContext {
  readonly settings: EgressSettings;
  readonly policy: EgressPolicy;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly metrics: EgressMetrics;
  readonly dial: Dial;
}

export interface Exchange {
  readonly context: EgressContext;
  readonly caller: string;
  readonly startedMs: number;
  requestId: string;
  fields: EgressFields;
}

export function beginExchange(context: EgressContext, caller: string): Exchange {
  const { world } = context;
  const startedMs = world.monotonicMs();
  return { context, caller, startedMs, requestId: world.randomId(), fields: {} };
}

export async function refuseTunnel(
  exchange: Exchange,
  client: Socket,
  refusal: Refusal,
): Promise<void> {
  const { reason, rule, fields } = refusal;
  exchange.fields = { ...exchange.fields, ...fields };
  exchange.context.metrics.answered(exchange.caller, secondsOf(exchange));
  record(exchange, 'deny', reason, rule, statusOf(reason));
  await closeWith(client, refusalAnswer(reason, exchange.requestId));
}

export function secondsOf(exchange: Exchange): number {
  return (exchange.context.world.monotonicMs() - exchange.startedMs) / 1_000;
}

export function record(
  exchange: Exchange,
  verdict: 'allow' | 'deny',
  reason: Reason,
  rule: string | null,
  status: number,
): void {
  exchange.context.telemetry.record({
    requestId: exchange.requestId,
    caller: exchange.caller,
    verdict,
    reason,
    rule,
    durationMs: Math.round(secondsOf(exchange) * 1_000),
    fields: { status, ...exchange.fields },
  });
}
