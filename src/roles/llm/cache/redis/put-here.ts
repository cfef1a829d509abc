// What this process has put into a Redis that others fill and empty too: as much as it can tell of
// how much is there.

interface Put {
  readonly bytes: number;
  readonly untilMs: number;
}

export class PutHere {
  readonly #puts = new Map<string, Put>();
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  add(id: string, put: Put): void {
    this.#puts.delete(id);
    this.#puts.set(id, put);
    for (const oldest of this.#puts.keys()) {
      if (this.#puts.size <= this.#countMax) break;
      this.#puts.delete(oldest);
    }
  }

  delete(id: string): void {
    this.#puts.delete(id);
  }

  clear(): void {
    this.#puts.clear();
  }

  sum(nowMs: number): { readonly entries: number; readonly bytes: number } {
    let bytes = 0;
    for (const [id, put] of this.#puts) {
      if (put.untilMs <= nowMs) this.#puts.delete(id);
      else bytes += put.bytes;
    }
    return { entries: this.#puts.size, bytes };
  }
}
