// One request from the world as the ingress sees it: who asks, whether it may go on and where, what
// the service behind is told of it, and the line that is left of it.

import type { IncomingMessage } from 'node:http';
import type { World } from '../../kit/world.ts';
import type { Denial } from '../../net/http-answer.ts';
import type { Carried } from '../../net/http-forward.ts';
import { endToEnd, filterHeaders, headerValues } from '../../net/http-headers.ts';
import type { HttpMetrics } from '../../net/http-metrics.ts';
import type { Live } from '../../net/live.ts';
import { type IngressVerdict, judgeIngress } from '../../policy/ingress.ts';
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
  const { settings, rules, world, telemetry, metrics, caller } = context;
  const requestId = world.randomId();
  const startedMs = world.monotonicMs();
  const { front, rates } = rules.current();
  const from = request.socket?.remoteAddress ?? '';
  const address = front === null ? from : front.clientAddress(from, request.rawHeaders);
  const admitted = rates?.take(address, startedMs) ?? true;
  const verdict = admitted ? judge(context, request, upgrade) : tooFast;
  const { route } = verdict;
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
      const durationMs = world.monotonicMs() - startedMs;
      const bytesIn = carried.bytesIn ?? 0;
      const bytesOut = carried.bytesOut ?? 0;
      metrics.seen(caller, durationMs / 1_000, bytesIn, bytesOut);
      telemetry.record({
        requestId,
        caller,
        verdict: verdict.decision.verdict,
        reason,
        rule: verdict.decision.rule,
        durationMs: Math.round(durationMs),
        fields: {
          address,
          http: request.httpVersion,
          method: request.method,
          // Without its query: tokens travel there.
          path: (request.url ?? '').split('?', 1)[0]?.slice(0, 200),
          host: headerValues(request.rawHeaders, 'host')[0]?.slice(0, 100),
          to: route?.service,
          websocket: upgrade,
          status: carried.status ?? null,
          bytesIn,
          bytesOut,
        },
      });
    },
  };
}

const tooFast: IngressVerdict<IngressRoute> = {
  decision: { verdict: 'deny', reason: 'limit-rate', rule: null },
  route: null,
  status: 429,
};

function judge(
  context: IngressContext,
  request: IncomingMessage,
  upgrade: boolean,
): IngressVerdict<IngressRoute> {
  const verdict = judgeIngress(
    {
      method: request.method ?? '',
      target: request.url ?? '',
      httpVersion: request.httpVersion,
      rawHeaders: request.rawHeaders,
      upgrade,
    },
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

export function denialOf(context: IngressContext, { verdict, requestId }: Exchange): Denial {
  const { decision, status } = verdict;
  const { reason } = decision;
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
