// Budgets that several instances share: each says its own totals to Redis, which adds them up. The
// ledger of each stays the truth of what it has spent, so a Redis that has lost everything is told
// again; until all have told it, or while it cannot be asked, the money is not promised.

import { Redis } from 'ioredis';
import { parseAddress } from '../../../kit/address.ts';
import { assert } from '../../../kit/assert.ts';
import type { World } from '../../../kit/world.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { Fits, LiveTotal, SharedGate } from './gate.ts';
import type { RedisSettings } from './settings.ts';
import { totalsScript } from './totals-script.ts';

/** After a question that was not answered, how long nobody asks again. */
const goneMs = 1_000;
/** Totals that changed are told this much later, many at once. */
const tellMs = 20;
/** All is told again after this: for windows that roll, and for a Redis that has forgotten. */
const retellMs = 5_000;
const keysPerTell = 500;

export class RedisGate implements SharedGate, AsyncDisposable {
  readonly #settings: RedisSettings;
  readonly #world: World;
  readonly #log: Log;
  readonly #redis: Redis;
  /** Every total of this instance, for a Redis that knows none. */
  readonly #everything: () => readonly LiveTotal[];
  readonly #changed = new Map<string, LiveTotal>();
  readonly #retold: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #goneUntilMs = Number.NEGATIVE_INFINITY;
  #version = 0;
  #joining: Promise<boolean> | null = null;

  constructor(
    settings: RedisSettings,
    password: string | null,
    everything: () => readonly LiveTotal[],
    world: World,
    log: Log,
  ) {
    this.#settings = settings;
    this.#everything = everything;
    this.#world = world;
    this.#log = log;
    const address = parseAddress(settings.address);
    assert(address !== null && address.kind !== 'fd', 'an address to dial');
    const where =
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    this.#redis = new Redis({
      ...where,
      ...(password === null ? {} : { password }),
      // A question that waits for a connection is late already, one asked twice is no help.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: settings.timeoutMs,
      connectTimeout: 1_000,
      retryStrategy: (count) => Math.min(50 * count, goneMs),
      noDelay: true,
    });
    this.#redis.on('error', (error) => this.#fault(error));
    this.#retold = setInterval(() => void this.#join().catch(() => {}), retellMs);
    this.#retold.unref();
  }

  async ask(totals: readonly LiveTotal[]): Promise<Fits> {
    if (this.#world.monotonicMs() < this.#goneUntilMs) return gone('it did not answer');
    try {
      const answer = await this.#run(totals, true);
      if (answer[0] === 'fits') return { kind: 'fits' };
      if (answer[0] === 'over') {
        return { kind: 'over', index: Number(answer[1]), left: Number(answer[2]) };
      }
      // It has lost what it knew, or never met us: it is told all, and asked once more.
      if (answer[0] === 'unknown' && (await this.#join())) {
        const again = await this.#run(totals, true);
        if (again[0] === 'fits') return { kind: 'fits' };
        if (again[0] === 'over') {
          return { kind: 'over', index: Number(again[1]), left: Number(again[2]) };
        }
      }
      return gone('not all instances have told it what they spent');
    } catch (error) {
      this.#fault(error);
      return gone('it did not answer');
    }
  }

  tell(totals: readonly LiveTotal[]): void {
    for (const total of totals) this.#changed.set(total.id, total);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#tellChanged();
    }, tellMs);
    this.#timer.unref();
  }

  shareWhenGone(limitNanoUsd: number): number {
    const { whenGone, instances } = this.#settings;
    return whenGone === 'refuse' ? 0 : Math.floor((limitNanoUsd * whenGone) / instances);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#retold);
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#tellChanged();
    this.#redis.disconnect();
  }

  async #tellChanged(): Promise<void> {
    const totals = [...this.#changed.values()];
    this.#changed.clear();
    try {
      await this.#send(totals);
    } catch (error) {
      // They are told again, at the latest with everything.
      this.#fault(error);
    }
  }

  /** Once at a time, however many ask. */
  #join(): Promise<boolean> {
    this.#joining ??= this.#tellEverything().finally(() => {
      this.#joining = null;
    });
    return this.#joining;
  }

  async #tellEverything(): Promise<boolean> {
    const totals = this.#everything();
    await this.#send(totals);
    const { instance } = this.#settings;
    await this.#redis.hset(this.#key('roster'), instance, String(this.#world.now()));
    return true;
  }

  async #send(totals: readonly LiveTotal[]): Promise<void> {
    for (let at = 0; at < totals.length; at += keysPerTell) {
      const some = totals.slice(at, at + keysPerTell);
      await this.#run(some, false);
    }
  }

  async #run(live: readonly LiveTotal[], asks: boolean): Promise<readonly unknown[]> {
    const { instance, instances, whenGone } = this.#settings;
    const totals = live.map(({ read }) => read());
    // Versions only grow, over a restart too: they begin at the time.
    this.#version = Math.max(this.#version + 1, Math.floor(this.#world.now()) * 1_000);
    const kept = whenGone === 'refuse' ? 1 : 1 - whenGone;
    const keys = [this.#key('roster'), ...totals.map(({ id }) => this.#key(id))];
    const args = totals.flatMap(({ own, limit, isMoney, untilMs }) => [
      String(own),
      String(Math.floor(isMoney ? limit * kept : limit)),
      String(untilMs),
    ]);
    const head = [instance, String(this.#world.now()), String(instances), String(this.#version)];
    const all = [...keys, ...head, asks ? '1' : '0', ...args];
    return (await this.#redis.eval(totalsScript, keys.length, ...all)) as readonly unknown[];
  }

  #key(id: string): string {
    // One slot, so that a script may have them all.
    return `{${this.#settings.prefix}}:${id}`;
  }

  #fault(error: unknown): void {
    const nowMs = this.#world.monotonicMs();
    if (nowMs >= this.#goneUntilMs) {
      this.#log.warn('shared-gone', { error: error instanceof Error ? error.message : 'unknown' });
    }
    this.#goneUntilMs = nowMs + goneMs;
  }
}

function gone(why: string): Fits {
  return { kind: 'gone', why };
}
