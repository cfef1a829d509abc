// The way to Redis: each question has a bound in time; one that is gone is not waited for again
// until a second has passed, and is used again as soon as it answers.

import type { Redis } from 'ioredis';
import type { World } from '../../../../kit/world.ts';
import type { Log } from '../../../../telemetry/log.ts';
import { connectRedis } from '../../shared/connect-redis.ts';
import type { RedisStoreSettings } from '../settings.ts';

/** After a question that was not answered, how long nobody asks again. */
const goneMs = 1_000;

export type Argument = string | number | Buffer;

export class RedisLink implements Disposable {
  readonly #redis: Redis;
  readonly #world: World;
  readonly #log: Log;
  #goneUntilMs = Number.NEGATIVE_INFINITY;
  #fault: string | null = null;
  #faults = 0;

  /** `onReady` is called for each new connection: it may be another Redis. */
  constructor(
    { address, timeoutMs }: RedisStoreSettings,
    password: string | null,
    world: World,
    log: Log,
    onReady: () => void,
  ) {
    this.#world = world;
    this.#log = log;
    this.#redis = connectRedis(address, password, timeoutMs);
    this.#redis.on('error', (error) => this.#hear(error));
    this.#redis.on('ready', onReady);
  }

  get fault(): string | null {
    return this.#fault;
  }

  /** Questions that were not answered. */
  get faults(): number {
    return this.#faults;
  }

  /** Null where it does not answer, or says that it will not. */
  async ask(command: string, ...args: Argument[]): Promise<unknown | null> {
    if (this.#world.monotonicMs() < this.#goneUntilMs) {
      this.#faults += 1;
      return null;
    }
    try {
      const answer = await this.#redis.callBuffer(command, ...args);
      if (this.#fault !== null) this.#log.info('cache-store-back', {});
      this.#fault = null;
      return answer;
    } catch (error) {
      this.#faults += 1;
      this.#hear(error);
      return null;
    }
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect();
  }

  #hear(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (this.#fault === null) this.#log.warn('cache-store-gone', { error: why });
    this.#fault = `Redis does not keep answers: ${why}`;
    // Who refuses one command may answer the next.
    if (error instanceof Error && error.name === 'ReplyError' && !/^LOADING/.test(why)) return;
    this.#goneUntilMs = this.#world.monotonicMs() + goneMs;
  }
}
