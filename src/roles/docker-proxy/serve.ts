// The Docker API proxy: the agent may learn that a daemon is there and which version; it may ask
// nothing else.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Listener } from '../../kit/address.ts';
import { limits as defaults } from '../../kit/limits.ts';
import type { World } from '../../kit/world.ts';
import { denyRaw } from '../../net/http-answer.ts';
import { createHttpMetrics, type HttpMetrics } from '../../net/http-metrics.ts';
import { createHttpServer, type HttpServer, recordFaults } from '../../net/http-server.ts';
import { listen } from '../../net/listen.ts';
import { judgeDocker } from '../../policy/docker/handshake.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import { reasonHeader, requestIdHeader } from '../../telemetry/names.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Role } from '../role.ts';
import { askDaemon, type DaemonAnswer } from './daemon.ts';
import { type DockerProxySettings, dockerProxySettings } from './settings.ts';

interface Context {
  readonly settings: DockerProxySettings;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly metrics: HttpMetrics;
}

export const dockerProxyRole: Role<DockerProxySettings> = {
  name: 'docker-proxy',
  settings: dockerProxySettings,
  async serve(settings, world, telemetry) {
    const context = { settings, world, telemetry, metrics: createHttpMetrics(telemetry) };
    const servers: HttpServer[] = [];
    const close = async () => {
      await Promise.all(servers.map((server) => server.close(defaults.shutdownGraceMs)));
    };
    try {
      for (const listener of settings.listen) {
        const server = openServer(context, listener);
        context.metrics.watch(listener.caller, server);
        servers.push(server);
        await listen(server.server, listener.address);
      }
    } catch (error) {
      await close();
      throw error;
    }
    return { health: () => ({ ready: true }), [Symbol.asyncDispose]: close };
  },
};

function openServer(context: Context, { caller }: Listener): HttpServer {
  const { limits } = context.settings;
  const opened = createHttpServer(
    { ...limits, idleTimeoutMs: defaults.idleTimeoutMs },
    null,
    (request, response) => void handle(context, caller, request, response),
    recordFaults(context.world, context.telemetry, caller),
  );
  opened.onTunnel((request, client) => {
    const requestId = requestIdOf(context, request);
    denyRaw(client, { status: 403, reason: 'docker-call-denied', requestId });
    record(context, caller, requestId, 'docker-call-denied', null, 0, fieldsOf(request));
  });
  return opened;
}

async function handle(
  context: Context,
  caller: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { settings, world, metrics } = context;
  const startedMs = world.monotonicMs();
  const requestId = requestIdOf(context, request);
  const verdict = judgeDocker({
    method: request.method ?? '',
    target: request.url ?? '',
    httpVersion: request.httpVersion,
    rawHeaders: request.rawHeaders,
  });
  const end = (status: number, reason: Reason, bytesOut: number) => {
    const durationMs = world.monotonicMs() - startedMs;
    metrics.seen(caller, durationMs / 1_000, 0, bytesOut);
    const fields = { ...fieldsOf(request), status, bytesOut };
    record(context, caller, requestId, reason, verdict.decision.rule, durationMs, fields);
  };
  if (verdict.call === null) {
    refuse(request, response, verdict.status, verdict.decision.reason, requestId);
    end(verdict.status, verdict.decision.reason, 0);
    return;
  }
  const answer = await askDaemon(settings.docker, verdict.call, settings.limits);
  if (answer.kind !== 'answer') {
    const [status, reason] = failureOf(answer);
    refuse(request, response, status, reason, requestId);
    end(status, reason, 0);
    return;
  }
  response.writeHead(answer.status, [
    ...answer.headers,
    ...['Content-Length', String(answer.body.length)],
    ...[requestIdHeader, requestId],
  ]);
  response.end(answer.body);
  end(answer.status, 'allowed', answer.body.length);
}

function failureOf(answer: Exclude<DaemonAnswer, { kind: 'answer' }>): readonly [number, Reason] {
  return answer.kind === 'too-large'
    ? [502, 'docker-answer-too-large']
    : [503, 'upstream-unreachable'];
}

/** `{"message": ...}` is what the docker command line shows after "Error response from daemon:". */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  reason: Reason,
  requestId: string,
): void {
  const asked = `${request.method} ${(request.url ?? '').slice(0, 120)}`;
  const message =
    status === 403
      ? `clincher refused ${asked}: ${reasons[reason]} Only /_ping and /version may be asked.`
      : `clincher could not ask the Docker daemon: ${reasons[reason]}`;
  const body = `${JSON.stringify({ message, reason, request_id: requestId })}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    [reasonHeader]: reason,
    [requestIdHeader]: requestId,
    connection: 'close',
  });
  response.end(body);
}

function requestIdOf(context: Context, request: IncomingMessage): string {
  const given = request.headers[requestIdHeader];
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given)
    ? given
    : context.world.randomId();
}

function fieldsOf(request: IncomingMessage) {
  return {
    method: request.method,
    path: (request.url ?? '').split('?', 1)[0]?.slice(0, 200),
  };
}

function record(
  context: Context,
  caller: string,
  requestId: string,
  reason: Reason,
  rule: string | null,
  durationMs: number,
  fields: Readonly<Record<string, string | number | undefined>>,
): void {
  const verdict = reason === 'allowed' || rule !== null ? 'allow' : 'deny';
  context.telemetry.record({
    requestId,
    caller,
    verdict,
    reason,
    rule,
    durationMs: Math.round(durationMs),
    fields,
  });
}
