// What one instance has learned of a deployment's failures, the others need not learn again: a
// cooldown is told to Redis, and those of others are looked up twice a second. Never on the way of
// a call; while Redis is gone, each instance knows what it has seen itself.

import { Redis } from 'ioredis';
import { parseAddress } from '../../../kit/address.ts';
import { assert } from '../../../kit/assert.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { LiveStates } from '../routing/live.ts';
import type { RedisSettings } from './settings.ts';

const lookMs = 500;

export class SharedCooldowns implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #ids: readonly string[];
  readonly #live: LiveStates;
  readonly #log: Log;
  readonly #prefix: string;
  readonly #timer: NodeJS.Timeout;
  #isGone = false;
  #looking = false;

  constructor(
    settings: RedisSettings,
    password: string | null,
    ids: readonly string[],
    live: LiveStates,
    log: Log,
  ) {
    this.#ids = ids;
    this.#live = live;
    this.#log = log;
    this.#prefix = `${settings.prefix}:cooldown:`;
    const address = parseAddress(settings.address);
    assert(address !== null && address.kind !== 'fd', 'an address to dial');
    const where =
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    this.#redis = new Redis({
      ...where,
      ...(password === null ? {} : { password }),
      ...{ enableOfflineQueue: false, autoResendUnfulfilledCommands: false },
      ...{ maxRetriesPerRequest: 0, commandTimeout: 1_000, connectTimeout: 1_000 },
      retryStrategy: (count) => Math.min(50 * count, 1_000),
      noDelay: true,
    });
    this.#redis.on('error', (error) => this.#fault(error));
    live.onCooled = (id, ms) => void this.#tell(id, ms);
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#live.onCooled = null;
    this.#redis.disconnect();
  }

  async #tell(id: string, ms: number): Promise<void> {
    try {
      await this.#redis.set(`${this.#prefix}${id}`, '1', 'PX', Math.max(1, Math.ceil(ms)));
    } catch (error) {
      this.#fault(error);
    }
  }

  /** How long is left, and not until when: clocks of two machines differ. */
  async #look(): Promise<void> {
    if (this.#looking || this.#ids.length === 0) return;
    this.#looking = true;
    try {
      const found = await this.#redis.mget(this.#ids.map((id) => `${this.#prefix}${id}`));
      this.#isGone = false;
      for (const id of this.#ids.filter((_, at) => found[at] !== null)) {
        const ms = await this.#redis.pttl(`${this.#prefix}${id}`);
        if (ms > 0) this.#live.coolFor(id, ms);
      }
    } catch (error) {
      this.#fault(error);
    } finally {
      this.#looking = false;
    }
  }

  /** Said once for each time that it goes. */
  #fault(error: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const why = error instanceof Error ? error.message : String(error);
    this.#log.warn('cooldowns-not-shared', { error: why });
  }
}
