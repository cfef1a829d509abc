// The ingress: TLS on a listening socket it was handed, HTTP and WebSocket to its routes' sockets,
// nothing else.

import type { RequestListener } from 'node:http';
import type { Server as SecureServer } from 'node:tls';
import { limits } from '../../kit/limits.ts';
import { FileWatch } from '../../net/file-watch.ts';
import { createHttpMetrics } from '../../net/http-metrics.ts';
import { createHttpServer, type HttpServer, recordFaults } from '../../net/http-server.ts';
import { attachHttp2 } from '../../net/http2-server.ts';
import type { Role } from '../role.ts';
import type { IngressContext } from './exchange.ts';
import { handleRequest, handleUpgrade, upgradeOfHttp1, upgradeOfHttp2 } from './handle.ts';
import { boundConnections, openListener, openPlain } from './listeners.ts';
import { type LiveSettings, openLive } from './live-rules.ts';
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
      const shared = { settings, routes, rules, world, telemetry, metrics };
      for (const each of settings.listen) {
        await openListener(each, shared, servers, (context) => openServer(context, live));
      }
      await openPlain(shared, servers);
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
  boundConnections(context, opened.server);
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
