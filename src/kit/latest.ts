// A map of bounded size: what was set longest ago goes first, some at a time. A map passes over all
// that it has lost since it was last put in order to find its first, a hundred thousand at worst.

export class Latest<Key, Value> extends Map<Key, Value> {
  readonly #countMax: number;

  constructor(countMax: number) {
    super();
    this.#countMax = countMax;
  }

  override set(key: Key, value: Value): this {
    super.delete(key);
    super.set(key, value);
    if (this.size > this.#countMax) this.#makeRoom();
    return this;
  }

  #makeRoom(): void {
    const kept = this.#countMax - (this.#countMax >> 4);
    for (const oldest of this.keys()) {
      super.delete(oldest);
      if (this.size <= kept) return;
    }
  }
}
