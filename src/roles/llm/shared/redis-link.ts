// One connection to a Redis. A question takes one round trip and a bounded time; one that was not
// answered makes Redis count as gone for a while, in which nobody waits for it. It is used again
// as soon as a connection is there.

import type { Socket } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import type { World } from '../../../kit/world.ts';
import type { Log } from '../../../telemetry/log.ts';

/** How a Redis is reached, and for how long it may think. */
export interface RedisWay {
  /** Gives a socket that is ready for commands. */
  connect(): Promise<Socket>;
  readonly password: string | null;
  /** Of one question. */
  readonly timeoutMs: number;
}

/** After a question that was not answered, how long nobody asks again. */
const goneMs = 1_000;
/** What the client says of a question that was not answered in time. */
const timedOut = 'Command timed out';

/** Of all answers that are waited for: one that goes on for ever must not fill the memory. */
const answerBytesMax = 64 * 1024 * 1024;

export type Argument = string | number | Buffer;

export class RedisLink implements Disposable {
  readonly #what: 'shared' | 'cache-store';
  readonly #world: World;
  readonly #log: Log;
  readonly #redis: Redis;
  #goneUntilMs = Number.NEGATIVE_INFINITY;
  #fault: string | null = null;
  #faults = 0;
  #bytes = 0;
  /** The last connection was given up because nothing came on it. */
  #wasSilent = false;

  /**
   * `what` is kept there, for the log. `onReady` is called for each new connection: it may be
   * another Redis.
   */
  constructor(
    { connect, password, timeoutMs }: RedisWay,
    what: 'shared' | 'cache-store',
    world: World,
    log: Log,
    onReady: () => void = () => {},
  ) {
    this.#what = what;
    this.#world = world;
    this.#log = log;
    this.#redis = new Redis({
      ...(password === null ? {} : { password }),
      Connector: connectorFor(
        async () => this.#bounded(await connect()),
        (error) => this.#hear(error),
      ),
      // A question that waits for a connection is late already, one asked twice is no help.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: timeoutMs,
      retryStrategy: (count) => Math.min(50 * count, goneMs),
      noDelay: true,
      // What every version and module answers in one shape.
      protocol: 2,
    });
    this.#redis.on('error', (error) => this.#hear(error));
    this.#redis.on('ready', () => {
      // Who takes connections and answers nothing would be waited for again at each new one.
      if (!this.#wasSilent) this.#goneUntilMs = Number.NEGATIVE_INFINITY;
      this.#wasSilent = false;
      onReady();
    });
  }

  /** Null where the last question was answered, or there was none yet. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Questions that were not answered. */
  get faults(): number {
    return this.#faults;
  }

  /** @throws Error where it did not answer in time, or has not of late */
  run(
    script: string,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<readonly unknown[]> {
    return this.#answered(
      async () =>
        (await this.#redis.eval(script, keys.length, ...keys, ...args)) as readonly unknown[],
    );
  }

  /** As bytes. Null where it does not answer, or says that it will not. */
  ask(command: string, ...args: Argument[]): Promise<unknown | null> {
    return this.#answered(() => this.#redis.callBuffer(command, ...args)).catch(() => null);
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect();
  }

  async #answered<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    if (this.#world.monotonicMs() < this.#goneUntilMs) {
      this.#faults += 1;
      throw new Error('it is gone');
    }
    try {
      const answer = await question();
      if (this.#fault !== null) this.#log.info(`${this.#what}-back`, {});
      this.#fault = null;
      this.#bytes = 0;
      return answer;
    } catch (error) {
      this.#faults += 1;
      this.#hear(error);
      // The other end may be gone without a word: then only a new connection is heard.
      if (error instanceof Error && error.message === timedOut) {
        this.#wasSilent = true;
        this.#redis.disconnect(true);
      }
      throw error;
    }
  }

  #bounded(stream: Socket): Socket {
    this.#bytes = 0;
    return stream.on('data', ({ length }: Buffer) => {
      this.#bytes += length;
      if (this.#bytes > answerBytesMax) stream.destroy(new Error('its answer does not end'));
    });
  }

  /** Said once for each time that it goes. */
  #hear(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (this.#fault === null) this.#log.warn(`${this.#what}-gone`, { error: why });
    this.#fault = why;
    // Who refuses one command may answer the next.
    if (error instanceof Error && error.name === 'ReplyError' && !/^LOADING/.test(why)) return;
    this.#goneUntilMs = this.#world.monotonicMs() + goneMs;
  }
}

/** The client's own knows of no way through a proxy. */
function connectorFor(
  connect: () => Promise<Socket>,
  onFault: (error: unknown) => void,
): NonNullable<RedisOptions['Connector']> {
  class Connector {
    #stream: Socket | null = null;
    #isWanted = false;
    /** For a way that is not there the client would not ask again, so it is waited for here. */
    async connect(): Promise<Socket> {
      this.#isWanted = true;
      for (let waitMs = 50; ; waitMs = Math.min(2 * waitMs, goneMs)) {
        const stream = await connect().catch((error) => {
          if (this.#isWanted) onFault(error);
          return null;
        });
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
