// One request from the world: judged, told anew who it comes from, carried to its route's socket,
// recorded.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { World } from '../../kit/world.ts';
import { type Denial, deny, denyRaw } from '../../net/http-answer.ts';
import { type Carried, forward } from '../../net/http-forward.ts';
import { endToEnd, filterHeaders, headerValues } from '../../net/http-headers.ts';
import type { HttpMetrics } from '../../net/http-metrics.ts';
import { tunnel } from '../../net/http-tunnel.ts';
import { type IngressVerdict, judgeIngress } from '../../policy/ingress.ts';
import type { FrontPolicy } from '../../policy/ingress-front.ts';
import { answerHeaders, forwardedHeaders } from '../../policy/ingress-headers.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import { reasonHeader } from '../../telemetry/names.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Bearer } from './bearer.ts';
import { answerUnavailable } from './page.ts';
import type { IngressSettings } from './settings.ts';

export interface IngressRoute {
  readonly prefix: string;
  readonly service: string;
  readonly to: string;
  readonly bearer: Bearer | null;
}

export interface IngressContext {
  readonly settings: IngressSettings;
  readonly routes: readonly IngressRoute[];
  readonly front: FrontPolicy | null;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly metrics: HttpMetrics;
  readonly caller: string;
}

export async function handleRequest(
  context: IngressContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = begin(context, request, false);
  const { verdict, requestId } = exchange;
  if (verdict.route === null) {
    deny(response, denialOf(context, verdict, requestId));
    exchange.end(verdict.decision.reason, { status: verdict.status });
    return;
  }
  const { route } = verdict;
  const { limits, origin } = context.settings;
  let unavailable = false;
  const carried = await forward(request, response, {
    to: route.to,
    dialTimeoutMs: limits.headerTimeoutMs,
    idleTimeoutMs: limits.idleTimeoutMs,
    bodyBytesMax: limits.bodyBytesMax,
    headers: exchange.headers(),
    answer: (_, headers) => answerHeaders(headers, requestId, origin),
    intercept(answer) {
      // The relay answers for an agent that is still starting: a person is told so on a page.
      unavailable =
        answer.statusCode === 503 && answer.headers[reasonHeader] === 'upstream-unreachable';
      if (unavailable) answerUnavailable(request, response, route.service, requestId);
      return unavailable;
    },
  });
  if (!response.headersSent && carried.failure === 'limit-body') {
    deny(response, { status: 413, reason: 'limit-body', requestId });
  } else if (!response.headersSent && carried.failure === 'upstream-unreachable') {
    answerUnavailable(request, response, route.service, requestId);
  }
  exchange.end(carried.failure ?? (unavailable ? 'upstream-unreachable' : 'allowed'), carried);
}

export async function handleUpgrade(
  context: IngressContext,
  request: IncomingMessage,
  client: Duplex,
  early: Buffer,
): Promise<void> {
  const exchange = begin(context, request, true);
  const { verdict, requestId } = exchange;
  if (verdict.route === null) {
    denyRaw(client, denialOf(context, verdict, requestId));
    exchange.end(verdict.decision.reason, { status: verdict.status });
    return;
  }
  const { route } = verdict;
  const { limits, origin } = context.settings;
  const carried = await tunnel(request, client, early, {
    to: route.to,
    dialTimeoutMs: limits.headerTimeoutMs,
    idleTimeoutMs: limits.idleTimeoutMs,
    headers: [...exchange.headers(), 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
    answer: (status, headers) =>
      status === 101
        ? [...headers, 'X-Request-Id', requestId]
        : answerHeaders(headers, requestId, origin),
    opened: () => context.telemetry.log.info('websocket-opened', { requestId, to: route.service }),
  });
  if (carried.status === null) {
    denyRaw(client, { status: 503, reason: carried.failure ?? 'upstream-unreachable', requestId });
  }
  exchange.end(carried.failure ?? 'allowed', carried);
}

interface Exchange {
  readonly requestId: string;
  readonly verdict: IngressVerdict<IngressRoute>;
  headers(): string[];
  end(reason: Reason, carried: Partial<Carried>): void;
}

function begin(context: IngressContext, request: IncomingMessage, upgrade: boolean): Exchange {
  const { settings, front, world, telemetry, metrics, caller } = context;
  const requestId = world.randomId();
  const startedMs = world.monotonicMs();
  const verdict = judge(context, request, upgrade);
  const from = (request.socket as Socket).remoteAddress ?? '';
  const address = front === null ? from : front.clientAddress(from, request.rawHeaders);
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
  if (verdict.route.bearer.admits(request.rawHeaders)) return verdict;
  const decision = { verdict: 'deny', reason: 'token-wrong', rule: verdict.decision.rule } as const;
  return { decision, route: null, status: 401 };
}

function denialOf(
  context: IngressContext,
  { decision, status }: IngressVerdict<IngressRoute>,
  requestId: string,
): Denial {
  const { reason } = decision;
  const { origin } = context.settings;
  const message = reason === 'host-unknown' ? `${reasons[reason]} It is ${origin}.` : undefined;
  return {
    status,
    reason,
    requestId,
    ...(message === undefined ? {} : { message }),
    ...(status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {}),
  };
}
