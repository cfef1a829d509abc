// One listener of the proxy: takes connections in, as many as it may, and reads calls off each
// until it has to end.

import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as timer } from 'node:timers/promises';
import { limits as defaults } from '../../kit/limits.ts';
import { type NextHead, RequestReader } from '../../net/http1/request-reader.ts';
import type { Reason } from '../../policy/reasons.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import { beginExchange, type CallerState, type DockerContext, type Exchange } from './exchange.ts';
import { refusalOf, refuse } from './give-refusal.ts';
import { handleCall } from './handle-call.ts';

export interface Door {
  readonly server: Server;
  close(): Promise<void>;
}

/** Connections over the limit that are being answered; more than these are closed at once. */
const refusalsMax = 16;

export function openDoor(context: DockerContext, state: CallerState): Door {
  const { metrics, settings, telemetry } = context;
  const { connectionsMax } = settings.limits;
  const sockets = new Set<Socket>();
  const handled = new Set<Promise<void>>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    sockets.add(client);
    metrics.opened(state.caller);
    client.once('close', () => {
      sockets.delete(client);
      metrics.closed(state.caller);
    });
    client.on('error', () => {}); // Its close is what everything acts on.
    const full = sockets.size > connectionsMax;
    const done = serveConnection(context, state, client, full);
    handled.add(done);
    void done.finally(() => handled.delete(done));
  });
  server.maxConnections = connectionsMax + refusalsMax;
  server.on('drop', () => metrics.dropped(state.caller));
  server.on('error', (error) => telemetry.log.error('listener-failed', { error: error.message }));
  return {
    server,
    async close() {
      if (server.listening) server.close();
      for (const socket of sockets) socket.destroy();
      const grace = timer(defaults.shutdownGraceMs, undefined, { ref: false });
      await Promise.race([Promise.all(handled), grace]);
    },
  };
}

/** Never rejects for anything that a client or the daemon does. */
async function serveConnection(
  context: DockerContext,
  state: CallerState,
  client: Socket,
  full: boolean,
): Promise<void> {
  const { limits } = context.settings;
  const reader = new RequestReader(client, {
    headerBytesMax: limits.headerBytesMax,
    headerTimeoutMs: limits.headerTimeoutMs,
    bodyTimeoutMs: limits.headerTimeoutMs,
    idleTimeoutMs: defaults.idleTimeoutMs,
  });
  while (true) {
    const next = await reader.nextHead();
    if (next.state === 'gone') return void client.destroy();
    const exchange = beginExchange(context, state, client, reader);
    exchange.requestId = requestIdOf(next) ?? context.world.randomId();
    if (full) return void (await refuse(exchange, refusalOf('limit-connections', 503)));
    if (next.state !== 'head') return void (await refuseHead(exchange, next));
    const goesOn = await handleCall(exchange, next.head);
    reader.rest();
    if (!goesOn || next.head.close) return end(client);
    // A client that asks and never reads would have its answers heap up here.
    if (!(await isTaken(client, defaults.idleTimeoutMs))) return void client.destroy();
  }
}

/** Whether what was written has left, in time. */
function isTaken(client: Socket, timeoutMs: number): boolean | Promise<boolean> {
  if (!client.writableNeedDrain) return !client.destroyed;
  return new Promise((resolve) => {
    const finish = (taken: boolean) => {
      clearTimeout(late);
      client.off('drain', onDrain).off('close', onClose);
      resolve(taken);
    };
    const late = setTimeout(finish, timeoutMs, false);
    const onDrain = () => finish(true);
    const onClose = () => finish(false);
    client.once('drain', onDrain).once('close', onClose);
  });
}

function end(client: Socket): void {
  if (client.destroyed || client.writableEnded) return;
  client.end(() => client.destroy());
}

/** Given by an earlier service of the same request. */
function requestIdOf(next: NextHead): string | null {
  if (next.state !== 'head') return null;
  const { headers } = next.head;
  const index = headers.findIndex((name, at) => at % 2 === 0 && name === requestIdHeader);
  const given = index === -1 ? undefined : headers[index + 1];
  return given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : null;
}

type NoHead = Exclude<NextHead, { state: 'head' | 'gone' }>;

function refuseHead(exchange: Exchange, next: NoHead): Promise<false> {
  if (next.state === 'slow') return refuse(exchange, refusalOf('head-timeout'));
  if (next.state === 'cut') return refuse(exchange, refusalOf('client-gone', 400));
  const { fault } = next;
  const reason: Reason = fault === 'too-large' ? 'head-too-large' : 'request-malformed';
  const status = fault === 'version' ? 505 : undefined;
  return refuse(exchange, refusalOf(reason, status), { fault });
}
