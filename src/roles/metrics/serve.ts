// The metrics collector: every service's admin socket read, one clean exposition served. Of what it
// read it keeps an hour of a few sums, for its alarms.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits as defaults } from '../../kit/limits.ts';
import type { World } from '../../kit/world.ts';
import { deny } from '../../net/http-answer.ts';
import { createHttpServer, type HttpServer, recordFaults } from '../../net/http-server.ts';
import { listen } from '../../net/listen.ts';
import type { Reason } from '../../policy/reasons.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Role } from '../role.ts';
import { createCollector } from './collect.ts';
import { keepWatch } from './keep-watch.ts';
import { type MetricsSettings, metricsSettings } from './settings.ts';

export const metricsRole: Role<MetricsSettings> = {
  name: 'metrics',
  settings: metricsSettings,
  async serve(settings, world, telemetry) {
    const collect = createCollector(settings, world, telemetry);
    const alarms = keepWatch(collect, settings, world, telemetry);
    const servers: HttpServer[] = [];
    const close = async () => {
      alarms[Symbol.dispose]();
      await Promise.all(servers.map((server) => server.close(defaults.shutdownGraceMs)));
    };
    try {
      for (const { address, caller } of settings.listen) {
        const server = createHttpServer(
          { ...defaults, connectionsMax: 32 },
          null,
          (request, response) =>
            void handle({ collect, world, telemetry, caller }, request, response),
          recordFaults(world, telemetry, caller),
        );
        servers.push(server);
        await listen(server.server, address);
      }
    } catch (error) {
      await close();
      throw error;
    }
    const health = () => {
      const detail = alarms.now().join('; ');
      return detail === '' ? { ready: true } : { ready: true, detail };
    };
    return { health, [Symbol.asyncDispose]: close };
  },
};

interface Context {
  collect(): Promise<string>;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly caller: string;
}

async function handle(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { world, telemetry, caller } = context;
  const startedMs = world.monotonicMs();
  const given = request.headers[requestIdHeader];
  const requestId =
    typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : world.randomId();
  const end = (status: number, reason: Reason) =>
    telemetry.record({
      requestId,
      caller,
      verdict: status === 200 ? 'allow' : 'deny',
      reason,
      rule: null,
      durationMs: Math.round(world.monotonicMs() - startedMs),
      fields: { status },
    });
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || request.url !== '/metrics') {
    const status = isRead ? 404 : 405;
    const reason = isRead ? 'path-unknown' : 'method-refused';
    deny(response, { status, reason, requestId });
    end(status, reason);
    return;
  }
  const text = await context.collect();
  response.writeHead(200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    [requestIdHeader]: requestId,
  });
  response.end(text);
  end(200, 'allowed');
}
