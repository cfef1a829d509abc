// One listener of the proxy: takes connections in, as many as it may, reads what a load balancer
// says of them, lets TLS tell who they are, and hands them on.

import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as timer } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { limits } from '../../kit/limits.ts';
import { BulkSocket } from '../../net/bulk-socket.ts';
import type { EgressContext } from './exchange.ts';
import { type Arrival, handleConnection, refuseUnread } from './handle.ts';
import type { LiveIdentity } from './live-identity.ts';
import { readProxyHeader } from './proxy-protocol.ts';
import { readUntil } from './read-until.ts';
import type { EgressListener } from './settings.ts';

export interface Door {
  readonly server: Server;
  close(): Promise<void>;
}

/**
 * Connections over the limit that are being answered; beyond them the kernel's accept is closed
 * at once.
 */
const refusalsMax = 64;
const unnamed = 'unknown';

export function openDoor(
  context: EgressContext,
  listener: EgressListener,
  identity: LiveIdentity,
): Door {
  const { metrics, telemetry, settings } = context;
  const fixedCaller = 'caller' in listener ? listener.caller : null;
  const sockets = new Set<Socket>();
  /** Those whose caller can be taken back. */
  const clients = new Set<Socket>();
  const handled = new Handled();
  // One function for all of them: a closure for each would stay as long as its tunnel.
  function forget(this: Socket): void {
    sockets.delete(this);
  }
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', forget);
    socket.on('error', ignore);
  };
  const take = (client: Socket, from: string | null) => {
    if (fixedCaller === null && !client.destroyed) {
      clients.add(client);
      client.once('close', () => clients.delete(client));
    }
    handled.begin();
    void handOn(context, { client, identity, fixedCaller, from }, handled.end);
  };
  identity.onChange(() => {
    const ended = context.tunnels.keepKnown((one) => !clients.has(one) || identity.stillKnows(one));
    for (const client of clients) if (!identity.stillKnows(client)) client.destroy();
    telemetry.log.info('callers-judged-anew', { ended });
  });
  const inner = identity.tls === null ? null : tlsInside(context, identity, take);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (accepted) => {
    if (sockets.size >= socketsMax) {
      accepted.destroy();
      return metrics.dropped(fixedCaller ?? unnamed);
    }
    const raw = inner === null ? BulkSocket.adopt(accepted) : accepted;
    keep(raw);
    const enter = (from: string | null) => (inner === null ? take(raw, from) : inner(raw, from));
    if (listener.proxyProtocol !== true) enter(null);
    else void afterProxyHeader(context, raw, fixedCaller, enter);
  });
  const { tunnelsMax, tunnelsTotalMax } = settings.limits;
  const socketsMax = (fixedCaller === null ? tunnelsTotalMax : tunnelsMax) + refusalsMax;
  server.on('error', (error) => telemetry.log.error('listener-failed', { error: error.message }));
  return {
    server,
    async close() {
      if (server.listening) server.close();
      for (const socket of sockets) socket.destroy();
      // A lookup or a dial under way cannot be called back; it ends into a destroyed client.
      const grace = timer(limits.shutdownGraceMs, undefined, { ref: false });
      await Promise.race([handled.none(), grace]);
    },
  };
}

/** Its close is what everything acts on. */
function ignore(): void {}

/** How many connections are not over yet, for whoever closes the door behind them. */
class Handled {
  #count = 0;
  #none: (() => void) | null = null;

  begin(): void {
    this.#count += 1;
  }

  readonly end = (): void => {
    this.#count -= 1;
    if (this.#count === 0) this.#none?.();
  };

  none(): Promise<void> {
    return new Promise((resolve) => {
      this.#none = resolve;
      if (this.#count === 0) resolve();
    });
  }
}

async function handOn(context: EgressContext, arrival: Arrival, onOver: () => void): Promise<void> {
  const full = context.limits.enter(!arrival.identity.needsCredentials);
  if (full === null) return await handleConnection(context, arrival, onOver);
  await refuseUnread(context, arrival.fixedCaller, arrival.client, full);
  onOver();
}

async function afterProxyHeader(
  context: EgressContext,
  raw: Socket,
  caller: string | null,
  enter: (from: string | null) => void,
): Promise<void> {
  const { headerTimeoutMs } = context.settings.limits;
  const read = await readUntil(raw, Buffer.alloc(0), headerTimeoutMs, (got) => {
    const reading = readProxyHeader(got);
    return reading.state === 'more' ? null : reading;
  });
  if (read.ended === 'gone' && read.got.length === 0) return void raw.destroy();
  if (read.ended !== 'judged' || read.judged.state !== 'header') {
    return void (await refuseUnread(context, caller, raw, 'proxy-header-malformed'));
  }
  const rest = read.got.subarray(read.judged.bytes);
  if (rest.length > 0) raw.unshift(rest);
  enter(read.judged.client);
}

/**
 * A TLS server that listens nowhere: connections are given to it once they may be. What the PROXY
 * header said of one goes along with it, for on a Unix socket it has no address to know it by.
 */
function tlsInside(
  context: EgressContext,
  identity: LiveIdentity,
  take: (client: Socket, from: string | null) => void,
): (raw: Socket, from: string | null) => void {
  const claimed = new AsyncLocalStorage<string>();
  const handshakeTimeout = context.settings.limits.headerTimeoutMs;
  const options = { ...identity.tls, allowHalfOpen: true, handshakeTimeout };
  const server = createTlsServer(options, (client) => {
    client.on('error', ignore);
    take(client, claimed.getStore() ?? null);
  });
  identity.onChange(() => {
    if (identity.tls !== null) server.setSecureContext(identity.tls);
  });
  server.on('tlsClientError', (error, client) => {
    context.telemetry.log.warn('handshake-failed', {
      error: (error as NodeJS.ErrnoException).code ?? error.message,
    });
    client.destroy();
  });
  return (raw, from) => {
    if (from === null) server.emit('connection', raw);
    else claimed.run(from, () => server.emit('connection', raw));
  };
}
