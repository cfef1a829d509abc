// Words that many entries share, kept once.

/** Above it all are forgotten: what holds a word still has it. */
const namesMax = 8_192;

export class Names {
  readonly #names = new Map<string, string>();

  once(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size >= namesMax) this.#names.clear();
    this.#names.set(name, name);
    return name;
  }
}
