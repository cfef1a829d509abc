// What both directions of the relay share: settings, world, telemetry, the requests in flight.

import type { IncomingMessage } from 'node:http';
import type { World } from '../../kit/world.ts';
import type { Carried } from '../../net/http-forward.ts';
import type { HttpMetrics } from '../../net/http-metrics.ts';
import type { LogFields } from '../../telemetry/log.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Causes } from './causes.ts';
import type { RelaySettings } from './settings.ts';

export interface RelayContext {
  readonly settings: RelaySettings;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly metrics: HttpMetrics;
  readonly causes: Causes;
}

/**
 * The id the ingress gave, or a new one; its form is checked because it goes into logs and headers.
 */
export function requestIdOf(request: IncomingMessage, world: World): string {
  const given = request.headers[requestIdHeader];
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : world.randomId();
}

/** One record per request that was carried. */
export function recordCarried(
  context: RelayContext,
  caller: string,
  requestId: string,
  startedMs: number,
  carried: Carried,
  fields: LogFields,
): void {
  const durationMs = context.world.monotonicMs() - startedMs;
  const { status, bytesIn, bytesOut } = carried;
  context.metrics.seen(caller, durationMs / 1_000, bytesIn, bytesOut);
  context.telemetry.record({
    requestId,
    caller,
    verdict: 'allow',
    reason: carried.failure ?? 'allowed',
    rule: null,
    durationMs: Math.round(durationMs),
    fields: { ...fields, status, bytesIn, bytesOut },
  });
}
