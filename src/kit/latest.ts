// A map of bounded size: what was set longest ago goes first.

export class Latest<Key, Value> extends Map<Key, Value> {
  readonly #countMax: number;

  constructor(countMax: number) {
    super();
    this.#countMax = countMax;
  }

  override set(key: Key, value: Value): this {
    super.delete(key);
    super.set(key, value);
    if (this.size > this.#countMax) {
      const [oldest] = this.keys();
      super.delete(oldest as Key);
    }
    return this;
  }
}
