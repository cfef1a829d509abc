// What was spent and what is reserved of one budget for one subject, by the slices of its window.

import { countsFrom, sliceOf, type Window } from '../../../policy/llm-window.ts';

export class Tally {
  readonly window: Window;
  readonly #slices = new Map<number, { spent: number; reserved: number }>();

  /** What was promised while the others could not be asked, by slice; it is not given back. */
  readonly #alone = new Map<number, number>();
  #historyMs = Number.NEGATIVE_INFINITY;

  constructor(window: Window) {
    this.window = window;
  }

  /** `atMs` is when the call was reserved: to that window it belongs, whenever it ends. */
  add(atMs: number, spent: number, reserved: number): void {
    const start = sliceOf(this.window, atMs);
    const slice = this.#slices.get(start) ?? { spent: 0, reserved: 0 };
    slice.spent += spent;
    slice.reserved += reserved;
    this.#slices.set(start, slice);
  }

  at(nowMs: number): { readonly spent: number; readonly reserved: number } {
    const from = countsFrom(this.window, nowMs);
    let [spent, reserved] = [0, 0];
    for (const [start, slice] of this.#slices) {
      if (start >= from) {
        spent += slice.spent;
        reserved += slice.reserved;
      } else if (slice.reserved === 0) {
        this.#slices.delete(start);
      }
    }
    return { spent, reserved };
  }

  addAlone(atMs: number, nanoUsd: number): void {
    const start = sliceOf(this.window, atMs);
    this.#alone.set(start, (this.#alone.get(start) ?? 0) + nanoUsd);
  }

  alone(nowMs: number): { readonly spent: number } {
    const from = countsFrom(this.window, nowMs);
    let spent = 0;
    for (const [start, nanoUsd] of this.#alone) {
      if (start >= from) spent += nanoUsd;
      else this.#alone.delete(start);
    }
    return { spent };
  }

  /** It was read from the ledger that something was spent at this moment. */
  markHistory(atMs: number): void {
    this.#historyMs = Math.max(this.#historyMs, atMs);
  }

  hadHistory(nowMs: number): boolean {
    return this.#historyMs >= countsFrom(this.window, nowMs);
  }

  /** Nothing is under way in it, so it can be read from the ledger again. */
  get idle(): boolean {
    for (const { reserved } of this.#slices.values()) if (reserved > 0) return false;
    return this.#alone.size === 0;
  }
}
