// The listeners of the ingress as servers: who may connect is judged before a byte is read, and the
// one without TLS answers whoever does the work behind the other.

import type { Server, Socket } from 'node:net';
import type { Listener } from '../../kit/address.ts';
import { createHttpServer, type HttpServer, recordFaults } from '../../net/http-server.ts';
import { listen } from '../../net/listen.ts';
import { clientOf } from '../../policy/ingress-rate.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { IngressContext } from './exchange.ts';
import { handlePlain } from './plain.ts';

/** Opened ones are for whoever opened them to close. */
export async function openListener(
  { caller, address }: Listener,
  shared: Omit<IngressContext, 'caller'>,
  servers: HttpServer[],
  make: (context: IngressContext) => HttpServer,
): Promise<void> {
  const server = make({ ...shared, caller });
  shared.metrics.watch(caller, server);
  servers.push(server);
  await listen(server.server, address);
}

/** Without TLS. */
export async function openPlain(
  shared: Omit<IngressContext, 'caller'>,
  servers: HttpServer[],
): Promise<void> {
  const { listen: listeners = [], challengesDir = '' } = shared.settings.plain ?? {};
  for (const each of listeners) {
    await openListener(each, shared, servers, (context) => plainServer(context, challengesDir));
  }
}

function plainServer(context: IngressContext, challengesDir: string): HttpServer {
  const { settings, world, telemetry, caller } = context;
  const faulted = recordFaults(world, telemetry, caller);
  const opened = createHttpServer(
    settings.limits,
    null,
    (...each) => void handlePlain(context, challengesDir, ...each),
    faulted,
  );
  boundConnections(context, opened.server);
  return opened;
}

/** Before a byte is read: past what stands in front, nothing here is for anybody. */
export function boundConnections(context: IngressContext, server: Server): void {
  const open = new Map<string, number>();
  const { connectionsPerClientMax } = context.settings.limits;
  server.prependListener('connection', (socket: Socket) => {
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
