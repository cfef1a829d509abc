// Edges out: a localhost port of the agent's leads to a callee's socket. HTTP is read far enough to
// give each call the id of the request that caused it; `tcp` edges carry bytes.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { openSocket } from '../../net/dial-options.ts';
import { deny, denyRaw } from '../../net/http-answer.ts';
import { type Carried, forward } from '../../net/http-forward.ts';
import { endToEnd, filterHeaders } from '../../net/http-headers.ts';
import { createHttpServer, type HttpServer, recordFaults } from '../../net/http-server.ts';
import { tunnel } from '../../net/http-tunnel.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import type { Attribution } from './causes.ts';
import { type RelayContext, recordCarried } from './context.ts';
import type { RelaySettings } from './settings.ts';

type Outward = RelaySettings['dial'][number];

export function openOutward(context: RelayContext, edge: Outward): HttpServer {
  const { service, limits } = context.settings;
  const server = createHttpServer(
    limits,
    null,
    (request, response) => void carryCall(context, edge, request, response),
    recordFaults(context.world, context.telemetry, service),
  );
  server.onTunnel(
    (request, client, early) => void carryTunnel(context, edge, request, client, early),
  );
  context.metrics.watch(edge.callee, server);
  return server;
}

async function carryCall(
  context: RelayContext,
  edge: Outward,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { settings, world, causes } = context;
  const startedMs = world.monotonicMs();
  const attribution = causes.attribute(world.randomId);
  const { requestId } = attribution;
  const carried = await forward(request, response, {
    ...settings.limits,
    to: edge.to,
    headers: headersFor(request, requestId),
    answer: (_, headers) => headers,
  });
  if (carried.failure !== null && carried.failure !== 'client-gone' && !response.headersSent) {
    const status = carried.failure === 'limit-body' ? 413 : 503;
    deny(response, { status, reason: carried.failure, requestId, message: sentence(edge) });
  }
  finish(context, edge, request, attribution, startedMs, carried);
}

/** CONNECT, and what the callee may upgrade to: the callee judges, the relay carries. */
async function carryTunnel(
  context: RelayContext,
  edge: Outward,
  request: IncomingMessage,
  client: Duplex,
  early: Buffer,
): Promise<void> {
  const { settings, world, causes } = context;
  const startedMs = world.monotonicMs();
  const attribution = causes.attribute(world.randomId);
  const { requestId } = attribution;
  const { upgrade } = request.headers;
  const extra = upgrade === undefined ? [] : ['Connection', 'Upgrade', 'Upgrade', upgrade];
  const carried = await tunnel(request, client, early, {
    ...settings.limits,
    to: edge.to,
    headers: [...headersFor(request, requestId), ...extra],
    answer: (_, headers) => headers,
  });
  if (carried.status === null) {
    const reason = carried.failure ?? 'upstream-unreachable';
    denyRaw(client, { status: 503, reason, requestId, message: sentence(edge) });
  }
  finish(context, edge, request, attribution, startedMs, carried);
}

/** Bytes both ways, unread: for a callee that does not speak HTTP. */
export function openRaw(
  context: RelayContext,
  edge: Outward,
): { readonly server: Server; close(): Promise<void> } {
  const { limits } = context.settings;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const callee = openSocket(edge.to, true);
    const end = () => {
      client.destroy();
      callee.destroy();
      open.delete(client);
    };
    open.add(client);
    for (const socket of [client, callee]) socket.on('error', end);
    for (const socket of [client, callee]) socket.once('close', end);
    client.setTimeout(limits.idleTimeoutMs, end);
    client.pipe(callee).pipe(client);
  });
  server.maxConnections = limits.connectionsMax;
  return {
    server,
    async close() {
      for (const client of open) client.destroy();
      if (server.listening) await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

function headersFor(request: IncomingMessage, requestId: string): string[] {
  const kept = filterHeaders(
    endToEnd(request.rawHeaders),
    (name) => name !== requestIdHeader && !name.startsWith('x-clincher-'),
  );
  return [...kept, requestIdHeader, requestId];
}

function finish(
  context: RelayContext,
  edge: Outward,
  request: IncomingMessage,
  attribution: Attribution,
  startedMs: number,
  carried: Carried,
): void {
  recordCarried(context, context.settings.service, attribution.requestId, startedMs, carried, {
    direction: 'out',
    callee: edge.callee,
    method: request.method,
    path: (request.url ?? '').split('?', 1)[0]?.slice(0, 200),
    cause: attribution.candidates,
    inherited: attribution.inherited,
    session: sessionOf(request),
  });
}

/**
 * OpenClaw sends its session's id so, where a provider's `compat.sendSessionAffinityHeaders` is on.
 */
function sessionOf(request: IncomingMessage): string | undefined {
  const value = request.headers['x-session-affinity'] ?? request.headers['x-openclaw-session-id'];
  return typeof value === 'string' && /^[\w:.-]{1,128}$/.test(value) ? value : undefined;
}

function sentence({ callee }: Outward): string {
  return `The service ${callee} did not answer.`;
}
