// The metrics collector: every service's admin socket read, one clean exposition served. It keeps
// nothing.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits as defaults } from '../../kit/limits.ts';
import type { World } from '../../kit/world.ts';
import { deny } from '../../net/http-answer.ts';
import { createHttpServer, type HttpServer, recordFaults } from '../../net/http-server.ts';
import { listen } from '../../net/listen.ts';
import type { Reason } from '../../policy/reasons.ts';
import { metricNames, requestIdHeader } from '../../telemetry/names.ts';
import { Counter, Gauge } from '../../telemetry/prom.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Role } from '../role.ts';
import { mergeExpositions } from './merge.ts';
import { scrape } from './scrape.ts';
import { type MetricsSettings, metricsSettings } from './settings.ts';

export const metricsRole: Role<MetricsSettings> = {
  name: 'metrics',
  settings: metricsSettings,
  async serve(settings, world, telemetry) {
    const collect = createCollector(settings, world, telemetry);
    const servers: HttpServer[] = [];
    const close = async () => {
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
    return { health: () => ({ ready: true }), [Symbol.asyncDispose]: close };
  },
};

interface Context {
  collect(): Promise<string>;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly caller: string;
}

/** Scrapes all targets at once; askers that come while a round is under way share it. */
function createCollector(
  settings: MetricsSettings,
  world: World,
  telemetry: Telemetry,
): () => Promise<string> {
  const registers = [telemetry.metrics];
  const labelNames = ['service'];
  const up = new Gauge({
    name: metricNames.up,
    help: 'Whether the service answered the last scrape.',
    labelNames,
    registers,
  });
  const seconds = new Gauge({
    name: metricNames.scrapeSeconds,
    help: 'How long the last scrape of the service took.',
    labelNames,
    registers,
  });
  const refused = new Counter({
    name: metricNames.scrapeRefusedLines,
    help: 'Lines dropped from what the service wrote: not exposition text, or not its to say.',
    labelNames,
    registers,
  });
  const round = async () => {
    const scraped = await Promise.all(
      settings.targets.map(async ({ service, admin }) => {
        const startedMs = world.monotonicMs();
        const result = await scrape(admin, settings);
        seconds.set({ service }, (world.monotonicMs() - startedMs) / 1_000);
        up.set({ service }, result.kind === 'text' ? 1 : 0);
        if (result.kind === 'failed')
          telemetry.log.warn('scrape-failed', { target: service, why: result.why });
        return { service, text: result.kind === 'text' ? result.text : null };
      }),
    );
    const merged = mergeExpositions(scraped);
    for (const [service, count] of merged.refusedLines) refused.inc({ service }, count);
    return `${merged.text}${await own(telemetry)}`;
  };
  let running: Promise<string> | null = null;
  return () => {
    running ??= round().finally(() => {
      running = null;
    });
    return running;
  };
}

/**
 * The collector's word on the others; its own decisions are read by whoever may read its admin
 * socket.
 */
async function own(telemetry: Telemetry): Promise<string> {
  const names = [metricNames.up, metricNames.scrapeSeconds, metricNames.scrapeRefusedLines];
  const texts = names.map((name) => telemetry.metrics.getSingleMetricAsString(name));
  return (await Promise.all(texts)).map((text) => `${text.trimEnd()}\n`).join('');
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
