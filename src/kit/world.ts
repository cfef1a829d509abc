// What a role needs of the outside, as arguments, so that a test can give it another world.

import { randomBytes, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';

export interface World {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never steps back. */
  monotonicMs(): number;
  randomId(): string;
  randomBytes(length: number): Buffer;
  /**
   * Every address the system resolver gives for a name, in its order. Throws what the resolver
   * throws.
   */
  resolve(name: string): Promise<readonly string[]>;
}

export function systemWorld(): World {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    randomId: () => randomUUID(),
    randomBytes: (length) => randomBytes(length),
    resolve: async (name) =>
      (await lookup(name, { all: true, order: 'verbatim' })).map((answer) => answer.address),
  };
}
