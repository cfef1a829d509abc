// Connections to one provider, kept open between calls and bounded. The one used last is used
// again first, so that the others grow idle and close.

import type { Socket } from 'node:net';
import { Client } from './undici-client.ts';

export interface PoolSettings {
  readonly origin: string;
  readonly connectionsMax: number;
  readonly keepAliveMs: number;
  readonly headerBytesMax: number;
  /** How long a call waits for a connection when all are in use. */
  readonly waitMs: number;
  readonly connect: (requestId: string) => Promise<Socket>;
}

/** A client with one socket: undici would open another by itself, which is then a new tunnel. */
export interface Connection {
  readonly client: Client;
  /** The request whose id the tunnel's record in egress bears. */
  tunnel: string;
  /** The request it is now used for. */
  requestId: string;
  /** Bytes of requests have gone out on its socket since the call began. */
  sent: () => boolean;
  /** Some of them still wait to go out. */
  isWriting: () => boolean;
}

export class PoolFull extends Error {}

interface Held extends Connection {
  socket: Socket | null;
  bytesAtStart: number;
}

export class Pool {
  readonly #settings: PoolSettings;
  readonly #idle: Held[] = [];
  readonly #waiting: ((connection: Held) => void)[] = [];
  readonly #all = new Map<Connection, Held>();

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  get open(): number {
    return this.#all.size;
  }

  /** @throws PoolFull when none came free in time */
  async take(requestId: string): Promise<Connection> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return begun(idle, requestId);
    if (this.#all.size < this.#settings.connectionsMax) return begun(this.#make(), requestId);
    return begun(await this.#wait(), requestId);
  }

  /** After an answer that was read to its end; any other connection is closed. */
  release(connection: Connection): void {
    const held = this.#all.get(connection);
    if (held === undefined) return;
    const next = this.#waiting.shift();
    if (next !== undefined) next(held);
    else this.#idle.push(held);
  }

  close(connection: Connection): void {
    const held = this.#all.get(connection);
    if (held !== undefined) this.#forget(held);
  }

  closeAll(): void {
    for (const held of [...this.#all.values()]) this.#forget(held);
  }

  #make(): Held {
    const { origin, keepAliveMs, headerBytesMax, connect } = this.#settings;
    const held: Held = {
      tunnel: '',
      requestId: '',
      socket: null,
      bytesAtStart: 0,
      sent: () => held.socket !== null && held.socket.bytesWritten > held.bytesAtStart,
      isWriting: () => (held.socket?.writableLength ?? 0) > 0,
      client: new Client(origin, {
        keepAliveTimeout: keepAliveMs,
        keepAliveMaxTimeout: keepAliveMs,
        maxHeaderSize: headerBytesMax,
        pipelining: 1,
        allowH2: false,
        connect: (_options, callback) => {
          held.tunnel = held.requestId;
          connect(held.requestId).then(
            (socket) => {
              held.socket = socket;
              held.bytesAtStart = 0;
              callback(null, socket);
            },
            (error: Error) => callback(error, null),
          );
        },
      }),
    };
    // An idle one that the provider closes must not be offered again.
    held.client.on('disconnect', () => {
      if (this.#idle.includes(held)) this.#forget(held);
    });
    this.#all.set(held, held);
    return held;
  }

  #wait(): Promise<Held> {
    return new Promise((resolve, reject) => {
      const onFree = (held: Held) => {
        clearTimeout(timer);
        resolve(held);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(onFree), 1);
        reject(new PoolFull('every connection is in use'));
      }, this.#settings.waitMs);
      this.#waiting.push(onFree);
    });
  }

  #forget(held: Held): void {
    this.#all.delete(held);
    const at = this.#idle.indexOf(held);
    if (at >= 0) this.#idle.splice(at, 1);
    void held.client.destroy().catch(() => {});
    const next = this.#waiting.shift();
    if (next !== undefined) next(this.#make());
  }
}

function begun(held: Held, requestId: string): Held {
  held.requestId = requestId;
  held.bytesAtStart = held.socket?.bytesWritten ?? 0;
  return held;
}
