// The time that the ledger goes by. It never goes back, also not over a restart, so a window that
// has ended stays ended; and a clock that jumps ahead opens no new window until it has stood there
// for a while, so that a glitch gives no second budget for the same day.

import type { World } from '../../../kit/world.ts';

/** A step beyond what the monotonic clock saw is doubted from here on. */
const doubtMs = 60_000;
/** How long a doubted time must stand before it is believed (a machine that slept is right). */
const holdMs = 300_000;

export class LedgerClock {
  readonly #world: World;
  #atMs = 0;
  #anchor: { wallMs: number; monotonicMs: number } | null = null;
  #doubtedSinceMs: number | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** No moment before this one is given from now on. */
  notBefore(atMs: number): void {
    this.#atMs = Math.max(this.#atMs, atMs);
  }

  nowMs(): number {
    const wallMs = Math.floor(this.#world.now());
    const monotonicMs = this.#world.monotonicMs();
    this.#anchor ??= { wallMs, monotonicMs };
    const expectedMs = this.#anchor.wallMs + Math.floor(monotonicMs - this.#anchor.monotonicMs);
    if (wallMs <= expectedMs + doubtMs || this.#stood(monotonicMs)) {
      this.#doubtedSinceMs = null;
      // One set back does not move the anchor: coming back to the truth is no jump.
      if (wallMs > expectedMs - doubtMs) this.#anchor = { wallMs, monotonicMs };
      this.#atMs = Math.max(this.#atMs, wallMs);
    } else {
      this.#doubtedSinceMs ??= monotonicMs;
      this.#atMs = Math.max(this.#atMs, expectedMs);
    }
    return this.#atMs;
  }

  #stood(monotonicMs: number): boolean {
    return this.#doubtedSinceMs !== null && monotonicMs - this.#doubtedSinceMs >= holdMs;
  }
}
