// One request from the world: judged, told anew who it comes from, carried to its route's socket,
// recorded.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type Denial, deny, denyRaw } from '../../net/http-answer.ts';
import { forward } from '../../net/http-forward.ts';
import { filterHeaders, headerPairs } from '../../net/http-headers.ts';
import { type TunnelHop, tunnel } from '../../net/http-tunnel.ts';
import { answerHeaders } from '../../policy/ingress-headers.ts';
import { reasonHeader } from '../../telemetry/names.ts';
import { beginExchange, denialOf, type IngressContext } from './exchange.ts';
import { answerDenied, answerUnavailable } from './page.ts';

export async function handleRequest(
  context: IngressContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = beginExchange(context, request, false);
  const { verdict, requestId } = exchange;
  if (verdict.route === null) {
    answerDenied(request, response, denialOf(context, exchange, verdict));
    exchange.end(verdict.decision.reason, { status: verdict.status });
    return;
  }
  const { route } = verdict;
  const { limits } = context.settings;
  let unavailable = false;
  const carried = await forward(request, response, {
    to: route.to,
    dialTimeoutMs: limits.headerTimeoutMs,
    idleTimeoutMs: limits.idleTimeoutMs,
    bodyBytesMax: limits.bodyBytesMax,
    pace: { bytesPerSecondMin: limits.clientBytesPerSecondMin, graceMs: limits.clientGraceMs },
    headers: exchange.headers(),
    answer: (_, headers) => answerHeaders(headers, requestId, context.settings),
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
  } else if (!response.headersSent && carried.failure === 'client-slow') {
    deny(response, { status: 408, reason: 'client-slow', requestId });
  } else if (!response.headersSent && carried.failure === 'upstream-unreachable') {
    answerUnavailable(request, response, route.service, requestId);
  }
  exchange.end(carried.failure ?? (unavailable ? 'upstream-unreachable' : 'allowed'), carried);
}

/** Where a connection that stops being HTTP goes on, and how it is refused. */
export interface UpgradeClient {
  readonly client: Duplex;
  readonly early: Buffer;
  /** For the service behind. */
  readonly headers: readonly string[];
  refuse(denial: Denial): void;
  sendHead?: TunnelHop['sendHead'];
}

export function upgradeOfHttp1(client: Duplex, early: Buffer): UpgradeClient {
  return { client, early, headers: [], refuse: (denial) => denyRaw(client, denial) };
}

/** RFC 8441, 5: over HTTP/2 there is no key, and the next hop wants one. */
export function upgradeOfHttp2(
  { world }: IngressContext,
  response: ServerResponse,
  client: ServerHttp2Stream,
): UpgradeClient {
  return {
    client,
    early: Buffer.alloc(0),
    headers: ['Sec-WebSocket-Key', world.randomBytes(16).toString('base64')],
    refuse: (denial) => deny(response, denial),
    sendHead(status, headers) {
      const kept = filterHeaders(headers, (name) => !ofHttp1Upgrade.has(name));
      response.writeHead(status === 101 ? 200 : status, kept);
      response.flushHeaders();
    },
  };
}

const ofHttp1Upgrade = new Set(['sec-websocket-accept', 'sec-websocket-key']);

export async function handleUpgrade(
  context: IngressContext,
  request: IncomingMessage,
  upgrade: UpgradeClient,
): Promise<void> {
  const exchange = beginExchange(context, request, true);
  const { verdict, requestId } = exchange;
  if (verdict.route === null) {
    upgrade.refuse(denialOf(context, exchange, verdict));
    exchange.end(verdict.decision.reason, { status: verdict.status });
    return;
  }
  const { route } = verdict;
  const { limits } = context.settings;
  const instead = new Set([...headerPairs(upgrade.headers)].map(([name]) => name));
  const headers = filterHeaders(exchange.headers(), (name) => !instead.has(name));
  const { sendHead } = upgrade;
  const carried = await tunnel(request, upgrade.client, upgrade.early, {
    to: route.to,
    dialTimeoutMs: limits.headerTimeoutMs,
    idleTimeoutMs: limits.idleTimeoutMs,
    headers: [...headers, ...upgrade.headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
    answer: (status, answered) =>
      status === 101
        ? [...answered, 'X-Request-Id', requestId]
        : answerHeaders(answered, requestId, context.settings),
    ...(sendHead === undefined ? {} : { sendHead }),
    opened: () => context.telemetry.log.info('websocket-opened', { requestId, to: route.service }),
  });
  if (carried.status === null) {
    upgrade.refuse({ status: 503, reason: carried.failure ?? 'upstream-unreachable', requestId });
  }
  exchange.end(carried.failure ?? 'allowed', carried);
}
