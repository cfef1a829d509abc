// Runs one fuzz target: many inputs, each made from the seed, the target and its number alone, and
// each ending in an outcome that the target declares, or in a failure that can be made again.

import { mutated } from './mutate.ts';
import { randomFrom } from './random.ts';

export interface FuzzTarget {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  readonly tokens: readonly Buffer[];
  /** Its part of all inputs, against the others': a slow one has fewer. */
  readonly weight: number;
  /**
   * Gives the outcome's name; throws for anything that is neither a decision nor a declared error.
   * `random` is for choices of the target's own, such as where to cut.
   */
  check(input: Buffer, random: (below: number) => number): string;
}

export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  /** Which input: makes the same one again. */
  readonly index: number;
  readonly input: Buffer;
  readonly error: unknown;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly failure: FuzzFailure | null;
}

/** Stops at the first failure. `first` is the number of the first input. */
export function fuzz(target: FuzzTarget, seed: number, inputs: number, first = 0): FuzzResult {
  const outcomes = new Map<string, number>();
  for (let index = first; index < first + inputs; index += 1) {
    const random = randomFrom(`${seed}/${target.name}/${index}`);
    const input = mutated(random, target.seeds, target.tokens);
    try {
      const outcome = target.check(Buffer.from(input), random.below);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      const failure = { target: target.name, seed, index, input, error };
      return { inputs: index - first + 1, outcomes, failure };
    }
  }
  return { inputs, outcomes, failure: null };
}

export function failureText({ target, seed, index, input, error }: FuzzFailure): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    `${target} failed on input ${index} of seed ${seed}: again with`,
    `  npm run fuzz -- 1 --seed ${seed} --target ${target} --from ${index}`,
    `  ${JSON.stringify(input.toString('latin1'))}`,
    what,
  ].join('\n');
}
