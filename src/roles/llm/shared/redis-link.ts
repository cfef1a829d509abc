// The connection to the Redis between several instances: one for all that they share. A question is
// a script, takes one round trip and a bounded time; one that was not answered makes Redis count as
// gone for a while, in which nobody waits for it.

import type { Socket } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import type { World } from '../../../kit/world.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { RedisSettings } from './settings.ts';

/** After a question that was not answered, how long nobody asks again. */
const goneMs = 1_000;

export class RedisLink implements Disposable {
  readonly #world: World;
  readonly #log: Log;
  readonly #redis: Redis;
  #goneUntilMs = Number.NEGATIVE_INFINITY;
  #isLost = false;

  /** `connect` gives a socket that is ready for commands. */
  constructor(
    { timeoutMs }: RedisSettings,
    connect: () => Promise<Socket>,
    password: string | null,
    world: World,
    log: Log,
  ) {
    this.#world = world;
    this.#log = log;
    this.#redis = new Redis({
      ...(password === null ? {} : { password }),
      Connector: connectorFor(connect),
      // A question that waits for a connection is late already, one asked twice is no help.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: timeoutMs,
      retryStrategy: (count) => Math.min(50 * count, goneMs),
      noDelay: true,
    });
    this.#redis.on('error', (error) => this.#fault(error));
  }

  /** @throws Error where it did not answer in time, or has not of late */
  async run(
    script: string,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<readonly unknown[]> {
    if (this.#world.monotonicMs() < this.#goneUntilMs) throw new Error('it is gone');
    try {
      const answer = await this.#redis.eval(script, keys.length, ...keys, ...args);
      this.#isLost = false;
      return answer as readonly unknown[];
    } catch (error) {
      this.#fault(error);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect();
  }

  /** Said once for each time that it goes. */
  #fault(error: unknown): void {
    this.#goneUntilMs = this.#world.monotonicMs() + goneMs;
    if (this.#isLost) return;
    this.#isLost = true;
    this.#log.warn('shared-gone', { error: error instanceof Error ? error.message : 'unknown' });
  }
}

/** The client's own knows of no way through a proxy. */
function connectorFor(connect: () => Promise<Socket>): NonNullable<RedisOptions['Connector']> {
  class Connector {
    #stream: Socket | null = null;
    #isWanted = false;
    /** For a way that is not there the client would not ask again, so it is waited for here. */
    async connect(): Promise<Socket> {
      this.#isWanted = true;
      for (let waitMs = 50; ; waitMs = Math.min(2 * waitMs, goneMs)) {
        const stream = await connect().catch(() => null);
        if (stream !== null && this.#isWanted) {
          this.#stream = stream;
          return stream;
        }
        stream?.destroy();
        if (!this.#isWanted) throw new Error('it was closed');
        await new Promise((next) => setTimeout(next, waitMs).unref());
      }
    }

    check(): boolean {
      return true;
    }

    disconnect(): void {
      this.#isWanted = false;
      this.#stream?.destroy();
    }
  }
  return Connector as unknown as NonNullable<RedisOptions['Connector']>;
}
