// The ingress: TLS on a listening socket it was handed, HTTP and WebSocket to its routes' sockets,
// nothing else.

import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Listener } from '../../kit/address.ts';
import { ClincherError } from '../../kit/error.ts';
import { limits } from '../../kit/limits.ts';
import { createHttpMetrics } from '../../net/http-metrics.ts';
import {
  createHttpServer,
  type HttpServer,
  recordFaults,
  type TlsIdentity,
} from '../../net/http-server.ts';
import { listen } from '../../net/listen.ts';
import { frontPolicy } from '../../policy/ingress-front.ts';
import type { Role } from '../role.ts';
import { readBearer } from './bearer.ts';
import { handleRequest, handleUpgrade, type IngressContext, type IngressRoute } from './handle.ts';
import { type IngressSettings, ingressSettings } from './settings.ts';

export const ingressRole: Role<IngressSettings> = {
  name: 'ingress',
  settings: ingressSettings,
  async serve(settings, world, telemetry) {
    const tls = {
      cert: await readTls(settings.tls.certFile),
      key: await readTls(settings.tls.keyFile),
      clientCa:
        settings.tls.clientCaFile === undefined ? null : await readTls(settings.tls.clientCaFile),
    };
    const front = settings.front === undefined ? null : frontPolicy(settings.front);
    const routes = await Promise.all(settings.routes.map(readRoute));
    const metrics = createHttpMetrics(telemetry);
    const servers: HttpServer[] = [];
    const close = async () => {
      await Promise.all(servers.map((server) => server.close(limits.shutdownGraceMs)));
    };
    try {
      for (const listener of settings.listen) {
        const context = {
          settings,
          routes,
          front,
          world,
          telemetry,
          metrics,
          caller: listener.caller,
        };
        const server = openServer(context, listener, tls);
        metrics.watch(listener.caller, server);
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

function openServer(context: IngressContext, listener: Listener, tls: TlsIdentity): HttpServer {
  const { settings, world, telemetry } = context;
  const opened = createHttpServer(
    settings.limits,
    tls,
    (request, response) => void handleRequest(context, request, response),
    recordFaults(world, telemetry, listener.caller),
  );
  opened.server.prependListener('connection', (socket) => refuseStranger(context, socket));
  // CONNECT would make the ingress a way out; it is judged like any request, and refused.
  opened.onTunnel((request, client, early) => void handleUpgrade(context, request, client, early));
  opened.server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    telemetry.log.debug('tls-refused', { code: error.code ?? error.message });
  });
  return opened;
}

/** Before a byte is read: past what stands in front, nothing here is for anybody. */
function refuseStranger({ front, world, telemetry, caller }: IngressContext, socket: Socket): void {
  const address = socket.remoteAddress ?? '';
  if (front === null || front.admits(address)) return;
  socket.destroy();
  telemetry.record({
    requestId: world.randomId(),
    caller,
    verdict: 'deny',
    reason: 'front-bypassed',
    rule: null,
    durationMs: 0,
    fields: { address },
  });
}

async function readRoute(route: IngressSettings['routes'][number]): Promise<IngressRoute> {
  const bearer = route.bearerFile === undefined ? null : await readBearer(route.bearerFile);
  return { prefix: route.prefix, service: route.service, to: route.to, bearer };
}

async function readTls(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ClincherError('secret-missing', `The TLS file ${file} cannot be read.`, {
      fix: 'Start the stack again: clincher makes a local certificate on first start.',
      cause,
    });
  }
}
