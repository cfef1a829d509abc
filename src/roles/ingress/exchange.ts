// One request from the world as the ingress sees it: who asks, whether it may go on and where, what
// the service behind is told of it, and the line that is left of it.

import type { IncomingMessage } from 'node:http';
import type { World } from '../../kit/world.ts';
import type { Denial } from '../../net/http-answer.ts';
import type { Carried } from '../../net/http-forward.ts';
import { endToEnd, filterHeaders, headerValues } from '../../net/http-headers.ts';
import type { HttpMetrics } from '../../net/http-metrics.ts';
import type { Live } from '../../net/live.ts';
import type { Decision } from '../../policy/decision.ts';
import { type IngressVerdict, judgeIngress, type WorldRequest } from '../../policy/ingress.ts';
import { forwardedHeaders } from '../../policy/ingress-headers.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { IngressRoute, RulesInForce } from './live-rules.ts';
import type { IngressSettings } from './settings.ts';

export interface IngressContext {
  readonly settings: IngressSettings;
  readonly routes: readonly IngressRoute[];
  readonly rules: Live<RulesInForce>;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly metrics: HttpMetrics;
  readonly caller: string;
}

export interface Exchange {
  readonly requestId: string;
  readonly verdict: IngressVerdict<IngressRoute>;
  /** For the service behind. */
  headers(): string[];
  end(reason: Reason, carried: Partial<Carried>): void;
}

export function beginExchange(
  context: IngressContext,
  request: IncomingMessage,
  upgrade: boolean,
): Exchange {
  const { settings } = context;
  const asked = beginAsking(context, request);
  const { address, requestId } = asked;
  const verdict = asked.admitted ? judge(context, request, upgrade) : tooFast;
  const { decision, route } = verdict;
  return {
    requestId,
    verdict,
    headers() {
      const kept = filterHeaders(
        endToEnd(request.rawHeaders),
        // The ingress has read its own token; the service behind has no use for it.
        (name) => !(name === 'authorization' && route !== null && route.bearer !== null),
      );
      return forwardedHeaders(kept, { address, requestId, host: new URL(settings.origin).host });
    },
    end(reason, carried) {
      asked.end({ ...decision, reason }, carried, { to: route?.service, websocket: upgrade });
    },
  };
}

export interface Asking {
  readonly requestId: string;
  /** Of the client, by the word of what stands in front where anything does. */
  readonly address: string;
  /** Whether it may ask once more already. */
  readonly admitted: boolean;
  end(
    decision: Decision,
    carried: Partial<Carried>,
    more?: Readonly<Record<string, string | boolean | undefined>>,
  ): void;
}

export function beginAsking(context: IngressContext, request: IncomingMessage): Asking {
  const { rules, world, telemetry, metrics, caller } = context;
  const requestId = world.randomId();
  const startedMs = world.monotonicMs();
  const { front, rates } = rules.current();
  const from = request.socket?.remoteAddress ?? '';
  const address = front === null ? from : front.clientAddress(from, request.rawHeaders);
  return {
    requestId,
    address,
    admitted: rates?.take(address, startedMs) ?? true,
    end({ verdict, reason, rule }, carried, more = {}) {
      const durationMs = world.monotonicMs() - startedMs;
      const bytesIn = carried.bytesIn ?? 0;
      const bytesOut = carried.bytesOut ?? 0;
      metrics.seen(caller, durationMs / 1_000, bytesIn, bytesOut);
      telemetry.record({
        requestId,
        caller,
        verdict,
        reason,
        rule,
        durationMs: Math.round(durationMs),
        fields: {
          address,
          http: request.httpVersion,
          method: request.method,
          // Without its query: tokens travel there.
          path: (request.url ?? '').split('?', 1)[0]?.slice(0, 200),
          host: headerValues(request.rawHeaders, 'host')[0]?.slice(0, 100),
          ...more,
          status: carried.status ?? null,
          bytesIn,
          bytesOut,
        },
      });
    },
  };
}

function judge(
  context: IngressContext,
  request: IncomingMessage,
  upgrade: boolean,
): IngressVerdict<IngressRoute> {
  const verdict = judgeIngress(
    { ...worldRequest(request), upgrade },
    {
      origin: context.settings.origin,
      bodyBytesMax: context.settings.limits.bodyBytesMax,
      routes: context.routes,
    },
  );
  if (verdict.route === null || verdict.route.bearer === null) return verdict;
  if (verdict.route.bearer.current().admits(request.rawHeaders)) return verdict;
  const decision = { verdict: 'deny', reason: 'token-wrong', rule: verdict.decision.rule } as const;
  return { decision, route: null, status: 401 };
}

export function worldRequest(request: IncomingMessage): WorldRequest {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    httpVersion: request.httpVersion,
    rawHeaders: request.rawHeaders,
    upgrade: false,
  };
}

/** What is answered to somebody who is not let on. */
export function denialOf(
  context: IngressContext,
  { requestId }: Pick<Exchange, 'requestId'>,
  { decision: { reason }, status }: Pick<Exchange['verdict'], 'decision' | 'status'>,
): Denial {
  const { origin } = context.settings;
  const message = reason === 'host-unknown' ? `${reasons[reason]} It is ${origin}.` : undefined;
  const wait = context.rules.current().rates?.retrySeconds ?? 1;
  return {
    status,
    reason,
    requestId,
    ...(message === undefined ? {} : { message }),
    ...(status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {}),
    ...(status === 429 ? { headers: { 'retry-after': String(wait) } } : {}),
  };
}

export const tooFast = {
  decision: { verdict: 'deny', reason: 'limit-rate', rule: null },
  route: null,
  status: 429,
} as const satisfies IngressVerdict<IngressRoute>;
