// The admin sockets of a running role: GET /healthz and GET /metrics, for whoever holds an edge to
// them.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { limits } from '../kit/limits.ts';
import type { Running } from '../kit/running.ts';
import type { Reason } from '../policy/reasons.ts';
import { metricNames, reasonHeader } from '../telemetry/names.ts';
import { Gauge } from '../telemetry/prom.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { listen } from './listen.ts';
import { createServer } from './node-http.ts';

/**
 * Serves `GET /healthz` (200 or 503 with a JSON Health) and `GET /metrics` (exposition text) on
 * every address. Resolves when all listen; rejects with the system's error and nothing left open.
 */
export async function openAdmin(
  addresses: readonly string[],
  running: Running,
  telemetry: Telemetry,
): Promise<AsyncDisposable> {
  new Gauge({
    name: metricNames.ready,
    help: 'Whether the service can do its work now.',
    registers: [telemetry.metrics],
    collect() {
      this.set(running.health().ready ? 1 : 0);
    },
  });
  // As a gauge, so that whoever looks on counts restarts by its changes.
  new Gauge({
    name: metricNames.started,
    help: 'When the service started.',
    registers: [telemetry.metrics],
  }).set(Math.floor(performance.timeOrigin / 1_000));
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    for (const address of addresses) {
      const server = createServer(
        {
          headersTimeout: limits.headerTimeoutMs,
          requestTimeout: limits.headerTimeoutMs,
          connectionsCheckingInterval: 1_000,
        },
        (request, response) => answer(request, response, running, telemetry),
      );
      server.maxConnections = 32;
      servers.push(server);
      await listen(server, address);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  running: Running,
  telemetry: Telemetry,
): Promise<void> {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isRead && request.url === '/healthz') {
    const health = running.health();
    send(response, health.ready ? 200 : 503, 'application/json', JSON.stringify(health));
  } else if (isRead && request.url === '/metrics') {
    try {
      const text = await telemetry.metrics.metrics();
      send(response, 200, telemetry.metrics.contentType, text);
    } catch (error) {
      telemetry.log.error('metrics-failed', { error: String(error) });
      send(response, 500, 'text/plain', 'The metrics could not be collected.\n');
    }
  } else {
    response.setHeader(reasonHeader, 'path-unknown' satisfies Reason);
    send(response, 404, 'text/plain', 'Only GET /healthz and GET /metrics are here.\n');
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
