// The two files that the evaluation set is made from, and a random source with a seed.

export interface Intent {
  readonly name: string;
  /** Ways to ask the same, with {places} for what varies. */
  readonly ways: readonly string[];
}

export type Places = Readonly<
  Record<string, { readonly family: string; readonly values: readonly string[] }>
>;

const linesOf = (text: string) =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

export function readIntents(text: string): Intent[] {
  return linesOf(text).map((line) => {
    const cut = line.indexOf(': ');
    return { name: line.slice(0, cut), ways: line.slice(cut + 2).split(' = ') };
  });
}

export function readPlaces(text: string): Places {
  return Object.fromEntries(
    linesOf(text).map((line) => {
      const [name = '', family = '', ...rest] = line.replace(/^(\w+ \w+):/, '$1').split(' ');
      return [name, { family, values: rest.join(' ').split('; ') }];
    }),
  );
}

export function slotsOf({ ways }: Intent): string[] {
  return [...new Set([...(ways[0] ?? '').matchAll(/\{(\w+)\}/g)].map(([, slot]) => slot ?? ''))];
}

export function fill(way: string, values: Readonly<Record<string, string>>): string {
  return way.replace(/\{(\w+)\}/g, (_, slot: string) => values[slot] ?? '');
}

/** Mulberry32: the same numbers for the same seed, on every machine. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
