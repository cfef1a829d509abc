// Budgets that several instances share: each says its own totals to Redis, which adds them up. The
// ledger of each stays the truth of what it has spent, so a Redis that has lost everything is told
// again; until all have told it, or while it cannot be asked, the money is not promised.

import type { World } from '../../../kit/world.ts';
import type { WhenGone } from '../money/rules.ts';
import type { Fits, LiveTotal, SharedGate } from './gate.ts';
import type { RedisLink } from './redis-link.ts';
import type { RedisSettings } from './settings.ts';
import { joinScript, totalsScript } from './totals-script.ts';

/** Totals that changed are told this much later, many at once. */
const tellMs = 20;
/** All is told again after this: for windows that roll, and for a Redis that has forgotten. */
const retellMs = 5_000;
const keysPerTell = 500;

export class RedisGate implements SharedGate, AsyncDisposable {
  readonly #settings: RedisSettings;
  readonly #link: RedisLink;
  readonly #world: World;
  /** Every total of this instance, for a Redis that knows none. */
  readonly #everything: () => readonly LiveTotal[];
  readonly #changed = new Map<string, LiveTotal>();
  readonly #retold: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #version = 0;
  #joining: Promise<void> | null = null;

  constructor(
    link: RedisLink,
    settings: RedisSettings,
    everything: () => readonly LiveTotal[],
    world: World,
  ) {
    this.#link = link;
    this.#settings = settings;
    this.#everything = everything;
    this.#world = world;
    this.#retold = setInterval(() => void this.#join().catch(() => {}), retellMs);
    this.#retold.unref();
  }

  async ask(totals: readonly LiveTotal[]): Promise<Fits> {
    try {
      let answer = await this.#run(totals, true);
      if (answer[0] === 'unknown') {
        // It has lost what it knew, or never met us: it is told all, and asked once more.
        await this.#join();
        answer = await this.#run(totals, true);
      }
      if (answer[0] === 'fits') return { kind: 'fits' };
      const [index, left] = [Number(answer[1]), Number(answer[2])];
      if (answer[0] === 'over' && totals[index] !== undefined && Number.isFinite(left)) {
        return { kind: 'over', index, left };
      }
      return gone('not all instances have told it what they spent');
    } catch {
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

  shareWhenGone(limitNanoUsd: number, whenGone: WhenGone): number {
    const share = shareOf(whenGone ?? this.#settings.whenGone);
    return Math.floor((limitNanoUsd * share) / this.#settings.instances);
  }

  limitWhenGone(limit: number, whenGone: WhenGone): number {
    return Math.floor((limit * shareOf(whenGone ?? 1)) / this.#settings.instances);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#retold);
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#tellChanged();
  }

  async #tellChanged(): Promise<void> {
    const totals = [...this.#changed.values()];
    this.#changed.clear();
    try {
      await this.#send(totals);
    } catch {
      // They are told again, at the latest with everything.
    }
  }

  /** Once at a time, however many ask. */
  #join(): Promise<void> {
    this.#joining ??= this.#tellEverything().finally(() => {
      this.#joining = null;
    });
    return this.#joining;
  }

  async #tellEverything(): Promise<void> {
    await this.#send(this.#everything());
    const { instance } = this.#settings;
    await this.#link.run(joinScript, [this.#key('roster')], [instance, String(this.#world.now())]);
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
    const kept = (own: WhenGone) => 1 - shareOf(own ?? whenGone);
    const keys = [this.#key('roster'), ...totals.map(({ id }) => this.#key(id))];
    const args = totals.flatMap(({ own, limit, isMoney, whenGone: rule, untilMs }) => [
      String(own),
      String(Math.floor(isMoney ? limit * kept(rule) : limit)),
      String(untilMs),
    ]);
    const head = [instance, String(this.#world.now()), String(instances), String(this.#version)];
    return this.#link.run(totalsScript, keys, [...head, asks ? '1' : '0', ...args]);
  }

  #key(id: string): string {
    // One slot, so that a script may have them all.
    return `{${this.#settings.prefix}}:${id}`;
  }
}

function shareOf(whenGone: Exclude<WhenGone, undefined>): number {
  return whenGone === 'refuse' ? 0 : whenGone;
}

function gone(why: string): Fits {
  return { kind: 'gone', why };
}
