// Writes down what the cache does, and empties it when the command line asks: once a second, beside
// the calls. What goes wrong here costs nobody an answer.

import type { World } from '../../../kit/world.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { AnswerCache, CacheStats, Checked, CheckKind } from './answer-cache.ts';
import { CacheBook } from './cache-book.ts';
import type { CacheSettings } from './settings.ts';

export interface KeepersHouse {
  readonly world: Pick<World, 'now'>;
  readonly telemetry: { readonly log: Pick<Log, 'info' | 'warn'> };
  readonly settings: { readonly stateDir: string };
}

const everyMs = 1_000;

export class CacheKeeper implements AsyncDisposable {
  readonly #cache: AnswerCache;
  readonly #house: KeepersHouse;
  readonly #of: string;
  readonly #timer: NodeJS.Timeout;
  #book: CacheBook | null = null;
  /** What earlier runs have counted; null until the book is open. */
  #before: { readonly sinceMs: number; readonly stats: CacheStats | null } | null = null;
  #written = '';
  #fault = '';
  #turn: Promise<void> = Promise.resolve();

  constructor(cache: AnswerCache, settings: CacheSettings, house: KeepersHouse) {
    this.#cache = cache;
    this.#house = house;
    const { mode, share, tools, semantic, embedding } = settings;
    this.#of = JSON.stringify({ mode, share, tools, semantic, embedding });
    this.#timer = setInterval(() => this.#next(), everyMs).unref();
    this.#next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#next();
    await this.#turn;
    this.#book?.[Symbol.dispose]();
  }

  #next(): void {
    this.#turn = this.#turn.then(() => this.#keep());
  }

  async #keep(): Promise<void> {
    try {
      const book = this.#open();
      const asked = book.clearAsked();
      if (asked !== null) {
        await this.#cache.clear();
        book.cleared(asked, this.#house.world.now());
        this.#house.telemetry.log.info('cache-cleared', {});
      }
      this.#count(book);
      this.#fault = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // Said once, and not every second.
      if (why !== this.#fault) this.#house.telemetry.log.warn('cache-book-failed', { error: why });
      this.#fault = why;
    }
  }

  #open(): CacheBook {
    this.#book ??= CacheBook.open(this.#house.settings.stateDir);
    const account = this.#before === null ? this.#book.account(this.#of) : null;
    this.#before ??= {
      sinceMs: account?.sinceMs ?? this.#house.world.now(),
      stats: account?.stats ?? null,
    };
    return this.#book;
  }

  #count(book: CacheBook): void {
    const { sinceMs = 0, stats: before = null } = this.#before ?? {};
    const stats = added(before, this.#cache.stats());
    const text = JSON.stringify(stats);
    if (text === this.#written) return;
    book.write(this.#of, { sinceMs, atMs: this.#house.world.now(), stats });
    this.#written = text;
  }
}

/** What is counted is added up; what is there now is as it is now. */
function added(before: CacheStats | null, now: CacheStats): CacheStats {
  if (before === null) return now;
  const checked = (kind: CheckKind): Checked => ({
    right: before.checks[kind].right + now.checks[kind].right,
    wrong: before.checks[kind].wrong + now.checks[kind].wrong,
  });
  const checks = {
    shadow: checked('shadow'),
    explore: checked('explore'),
    feedback: checked('feedback'),
  };
  const { right, wrong } = checks.shadow;
  return {
    ...now,
    lookups: sums(before.lookups, now.lookups),
    whys: sums(before.whys, now.whys),
    checks,
    wrongShare: right + wrong === 0 ? null : wrong / (right + wrong),
    savedNanoUsd: before.savedNanoUsd + now.savedNanoUsd,
  };
}

function sums<Counts extends Readonly<Record<string, number>>>(one: Counts, other: Counts): Counts {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]),
  ) as Counts;
}
