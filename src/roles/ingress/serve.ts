// The ingress: TLS on a listening socket it was handed, HTTP and WebSocket to its routes' sockets,
// nothing else.

import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Server as SecureServer } from 'node:tls';
import type { Listener } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { FileWatch } from '../../net/file-watch.ts';
import { createHttpMetrics } from '../../net/http-metrics.ts';
import { createHttpServer, type HttpServer, recordFaults } from '../../net/http-server.ts';
import { attachHttp2 } from '../../net/http2-server.ts';
import { listen } from '../../net/listen.ts';
import { clientOf } from '../../policy/ingress-rate.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { Role } from '../role.ts';
import type { IngressContext } from './exchange.ts';
import { handleRequest, handleUpgrade, upgradeOfHttp1, upgradeOfHttp2 } from './handle.ts';
import { type LiveSettings, openLive } from './live-rules.ts';
import { handlePlain } from './plain.ts';
import { type IngressSettings, ingressSettings } from './settings.ts';

export const ingressRole: Role<IngressSettings> = {
  name: 'ingress',
  settings: ingressSettings,
  async serve(settings, world, telemetry) {
    if (settings.program !== undefined) {
      const { serveByProgram } = await import('./proxy/serve.ts');
      return serveByProgram(settings, settings.program, world, telemetry);
    }
    const watch = new FileWatch();
    const servers: HttpServer[] = [];
    const close = async () => {
      watch[Symbol.dispose]();
      await Promise.all(servers.map((server) => server.close(limits.shutdownGraceMs)));
    };
    try {
      const live = await openLive(settings, telemetry, watch);
      const { rules, routes } = live;
      const metrics = createHttpMetrics(telemetry);
      const { plain } = settings;
      const open = async (
        { caller, address }: Listener,
        make: (context: IngressContext) => HttpServer,
      ) => {
        const server = make({ settings, routes, rules, world, telemetry, metrics, caller });
        metrics.watch(caller, server);
        servers.push(server);
        await listen(server.server, address);
      };
      for (const each of settings.listen) await open(each, (context) => openServer(context, live));
      for (const each of plain?.listen ?? []) {
        await open(each, (context) => openPlain(context, plain?.challengesDir ?? ''));
      }
      const health = () => {
        const fault = live.fault();
        return fault === null ? { ready: true } : { ready: true, detail: fault };
      };
      return { health, [Symbol.asyncDispose]: close };
    } catch (error) {
      await close();
      throw error;
    }
  },
};

function openServer(context: IngressContext, { tls }: Pick<LiveSettings, 'tls'>): HttpServer {
  const { settings, world, telemetry, caller } = context;
  const faulted = recordFaults(world, telemetry, caller);
  const request: RequestListener = (...each) => void handleRequest(context, ...each);
  const identity = { ...tls.current(), ALPNProtocols: ['h2', 'http/1.1'] };
  const opened = createHttpServer(settings.limits, identity, request, faulted);
  // Connections that are open keep what they agreed on.
  tls.onChange((next) => (opened.server as unknown as SecureServer).setSecureContext(next));
  boundConnections(context, opened);
  // CONNECT would make the ingress a way out; it is judged like any request, and refused.
  opened.onTunnel((asked, client, early) => {
    void handleUpgrade(context, asked, upgradeOfHttp1(client, early));
  });
  attachHttp2(
    opened,
    settings.limits,
    {
      request,
      connect: (asked, response, client) =>
        void handleUpgrade(context, asked, upgradeOfHttp2(context, response, client)),
    },
    faulted,
  );
  opened.server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    telemetry.log.debug('tls-refused', { code: error.code ?? error.message });
  });
  return opened;
}

function openPlain(context: IngressContext, challengesDir: string): HttpServer {
  const { settings, world, telemetry, caller } = context;
  const faulted = recordFaults(world, telemetry, caller);
  const opened = createHttpServer(
    settings.limits,
    null,
    (...each) => void handlePlain(context, challengesDir, ...each),
    faulted,
  );
  boundConnections(context, opened);
  return opened;
}

/** Before a byte is read: past what stands in front, nothing here is for anybody. */
function boundConnections(context: IngressContext, opened: HttpServer): void {
  const open = new Map<string, number>();
  const { connectionsPerClientMax } = context.settings.limits;
  opened.server.prependListener('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const { front } = context.rules.current();
    if (front !== null) {
      if (!front.admits(address)) refuse(context, socket, 'front-bypassed');
      return;
    }
    const client = clientOf(address);
    const count = (open.get(client) ?? 0) + 1;
    if (count > connectionsPerClientMax) return refuse(context, socket, 'limit-connections');
    open.set(client, count);
    socket.once('close', () => {
      const left = (open.get(client) ?? 1) - 1;
      if (left === 0) open.delete(client);
      else open.set(client, left);
    });
  });
}

function refuse(
  { world, telemetry, caller }: IngressContext,
  socket: Socket,
  reason: Reason,
): void {
  const address = socket.remoteAddress ?? '';
  socket.destroy();
  telemetry.record({
    requestId: world.randomId(),
    caller,
    verdict: 'deny',
    reason,
    rule: null,
    durationMs: 0,
    fields: { address },
  });
}
