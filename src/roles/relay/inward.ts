// Edges in: a socket made for a caller leads to one of the agent's localhost ports.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Denial, deny, denyRaw } from '../../net/http-answer.ts';
import { forward } from '../../net/http-forward.ts';
import { endToEnd, filterHeaders, headerValues } from '../../net/http-headers.ts';
import { createHttpServer, type HttpServer, recordFaults } from '../../net/http-server.ts';
import { tunnel } from '../../net/http-tunnel.ts';
import { namesClient } from '../../policy/ingress-headers.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import { type RelayContext, recordCarried, requestIdOf } from './context.ts';
import type { RelaySettings } from './settings.ts';

type Inward = RelaySettings['listen'][number];

export function openInward(context: RelayContext, edge: Inward): HttpServer {
  const server = createHttpServer(
    context.settings.limits,
    null,
    (request, response) => void carryRequest(context, edge, request, response),
    recordFaults(context.world, context.telemetry, edge.caller),
  );
  server.onTunnel(
    (request, client, early) => void carryUpgrade(context, edge, request, client, early),
  );
  context.metrics.watch(edge.caller, server);
  return server;
}

async function carryRequest(
  context: RelayContext,
  edge: Inward,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { limits } = context.settings;
  const startedMs = context.world.monotonicMs();
  const requestId = requestIdOf(request, context.world);
  const headers = headersFor(request, requestId);
  const denial = judge(context, edge, request, headers, requestId);
  if (denial !== null) return deny(response, denial);
  // Pages and polls are reads: no turn of the agent follows from one.
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const end = isRead ? () => {} : context.causes.begin('request', requestId);
  const carried = await forward(request, response, {
    ...limits,
    to: edge.to,
    headers,
    answer: (_, headers) => headers,
  });
  end();
  if (carried.failure !== null && carried.failure !== 'client-gone' && !response.headersSent) {
    const status = carried.failure === 'limit-body' ? 413 : 503;
    deny(response, { status, reason: carried.failure, requestId });
  }
  recordCarried(context, edge.caller, requestId, startedMs, carried, fieldsOf(request, false));
}

async function carryUpgrade(
  context: RelayContext,
  edge: Inward,
  request: IncomingMessage,
  client: Duplex,
  early: Buffer,
): Promise<void> {
  const { limits } = context.settings;
  const startedMs = context.world.monotonicMs();
  const requestId = requestIdOf(request, context.world);
  if (request.method !== 'GET') {
    denyRaw(client, { status: 501, reason: 'method-refused', requestId });
    return;
  }
  const headers = headersFor(request, requestId);
  const denial = judge(context, edge, request, headers, requestId);
  if (denial !== null) return denyRaw(client, denial);
  const end = context.causes.begin('websocket', requestId);
  const upgrade = ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''];
  const carried = await tunnel(request, client, early, {
    ...limits,
    to: edge.to,
    headers: [...headers, ...upgrade],
    answer: (_, headers) => headers,
    opened: () => context.telemetry.log.info('websocket-opened', { requestId }),
  });
  end();
  if (carried.status === null) {
    denyRaw(client, { status: 503, reason: carried.failure ?? 'upstream-unreachable', requestId });
  }
  recordCarried(context, edge.caller, requestId, startedMs, carried, fieldsOf(request, true));
}

/** Null where it may go on: the one thing that the relay decides, and it leaves a record. */
function judge(
  { telemetry }: RelayContext,
  { caller }: Inward,
  request: IncomingMessage,
  headers: readonly string[],
  requestId: string,
): Denial | null {
  if (namesClient(headerValues(headers, 'x-forwarded-for'))) return null;
  const [status, reason] = [400, 'client-unnamed'] as const;
  telemetry.record({
    ...{ requestId, caller, verdict: 'deny', reason, rule: null, durationMs: 0 },
    fields: { ...fieldsOf(request, request.headers.upgrade !== undefined), status },
  });
  return { status, reason, requestId };
}

function headersFor(request: IncomingMessage, requestId: string): string[] {
  const kept = filterHeaders(endToEnd(request.rawHeaders), (name) => name !== requestIdHeader);
  return [...kept, requestIdHeader, requestId];
}

function fieldsOf(request: IncomingMessage, websocket: boolean) {
  const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 200);
  return { direction: 'in', method: request.method, path, websocket };
}
