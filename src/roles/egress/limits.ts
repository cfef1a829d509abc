// How much of the proxy one caller may have: tunnels at once and a second, and bytes to one place
// in a window of time. The bytes up are a leak guard: what is read by an agent that was talked
// into it can leave only so fast.

import type { Reason } from '../../policy/reasons.ts';
import type { EgressSettings } from './settings.ts';

export interface EgressLimits {
  /**
   * A connection before anything is asked of it. Null: it is counted until `leave`. One that has
   * yet to say who it is, is counted with its like too until it is `named`.
   */
  enter(isNamed: boolean): Reason | null;
  named(): void;
  leave(isNamed: boolean): void;
  /** A tunnel of this caller, or of one under a rule. Null: it is counted until `release`. */
  admit(key: string, bounds: CountBounds): Reason | null;
  release(key: string): void;
  /** The bytes that a caller moves under one rule; the same for all its tunnels. */
  windowOf(key: string, bounds: WindowBounds): ByteWindow;
}

export interface CountBounds {
  readonly tunnelsMax: number;
  readonly tunnelsPerSecondMax: number;
}

export interface WindowBounds {
  readonly windowMs: number;
  readonly windowBytesUpMax: number;
  readonly windowBytesDownMax: number;
}

export interface ByteWindow {
  /** Counts bytes about to be passed on; a reason says that they are too many. */
  up(bytes: number): Reason | null;
  down(bytes: number): Reason | null;
  /** A reason when nothing more will pass until the window has turned. */
  spent(): Reason | null;
}

/** Of all places: strangers who say nothing must not take those of callers that are known. */
const unnamedShare = 0.5;

/** Windows kept at once. Past it new places share one, which is stricter and never unbounded. */
const windowsMax = 4_096;

/** Rates kept at once; one that is full again says nothing and can be forgotten. */
const ratesMax = 4_096;

export function createLimits(
  { tunnelsTotalMax }: Pick<EgressSettings['limits'], 'tunnelsTotalMax'>,
  nowMs: () => number,
): EgressLimits {
  const open = new Map<string, number>();
  const rates = new Map<string, TokenBucket>();
  const windows = new Map<string, FixedWindow>();
  const unnamedMax = Math.max(1, Math.floor(tunnelsTotalMax * unnamedShare));
  let total = 0;
  let unnamed = 0;
  return {
    enter(isNamed) {
      if (total >= tunnelsTotalMax || (!isNamed && unnamed >= unnamedMax)) return 'proxy-full';
      total += 1;
      if (!isNamed) unnamed += 1;
      return null;
    },
    named() {
      unnamed -= 1;
    },
    leave(isNamed) {
      total -= 1;
      if (!isNamed) unnamed -= 1;
    },
    admit(key, { tunnelsMax, tunnelsPerSecondMax }) {
      const now = open.get(key) ?? 0;
      if (now >= tunnelsMax) return 'tunnels-too-many';
      if (rates.size >= ratesMax) forgetFull(rates, nowMs());
      const rate = rates.get(key) ?? new TokenBucket(tunnelsPerSecondMax, nowMs());
      if (!rates.has(key)) rates.set(key, rate);
      if (!rate.take(nowMs(), tunnelsPerSecondMax)) return 'tunnels-too-fast';
      open.set(key, now + 1);
      return null;
    },
    release(key) {
      const now = open.get(key) ?? 1;
      if (now > 1) open.set(key, now - 1);
      else open.delete(key);
    },
    windowOf(key, told) {
      const found = windows.get(key);
      if (found !== undefined) return found.under(told);
      if (windows.size >= windowsMax) forgetPast(windows, nowMs());
      const kept = windows.size >= windowsMax ? 'all others' : key;
      const made = windows.get(kept) ?? new FixedWindow(told, nowMs);
      windows.set(kept, made);
      return made;
    },
  };
}

function forgetFull(rates: Map<string, TokenBucket>, nowMs: number): void {
  for (const [key, rate] of rates) if (rate.isFull(nowMs)) rates.delete(key);
}

function forgetPast(windows: Map<string, FixedWindow>, nowMs: number): void {
  for (const [key, window] of windows) if (window.isPast(nowMs)) windows.delete(key);
}

/** As many at once as in a second, and then as they come in again. */
class TokenBucket {
  #perSecond: number;
  #left: number;
  #filledMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#filledMs = nowMs;
  }

  /** `perSecond` may have been changed with the rules. */
  take(nowMs: number, perSecond: number): boolean {
    this.#perSecond = perSecond;
    this.#fill(nowMs);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#left >= this.#perSecond;
  }

  #fill(nowMs: number): void {
    const fresh = ((nowMs - this.#filledMs) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + fresh);
    this.#filledMs = nowMs;
  }
}

class FixedWindow implements ByteWindow {
  #bounds: WindowBounds;
  readonly #nowMs: () => number;
  #startMs: number;
  #up = 0;
  #down = 0;

  constructor(bounds: WindowBounds, nowMs: () => number) {
    this.#bounds = bounds;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  /** With the bounds of rules that were read since; what was counted stays counted. */
  under(bounds: WindowBounds): this {
    this.#bounds = bounds;
    return this;
  }

  isPast(nowMs: number): boolean {
    return nowMs - this.#startMs >= this.#bounds.windowMs;
  }

  up(bytes: number): Reason | null {
    this.#turn();
    if (this.#up + bytes > this.#bounds.windowBytesUpMax) return 'window-bytes-up';
    this.#up += bytes;
    return null;
  }

  down(bytes: number): Reason | null {
    this.#turn();
    if (this.#down + bytes > this.#bounds.windowBytesDownMax) return 'window-bytes-down';
    this.#down += bytes;
    return null;
  }

  spent(): Reason | null {
    this.#turn();
    if (this.#up >= this.#bounds.windowBytesUpMax) return 'window-bytes-up';
    return this.#down >= this.#bounds.windowBytesDownMax ? 'window-bytes-down' : null;
  }

  #turn(): void {
    const nowMs = this.#nowMs();
    if (!this.isPast(nowMs)) return;
    this.#startMs = nowMs;
    this.#up = 0;
    this.#down = 0;
  }
}
