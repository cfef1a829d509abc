// What each owner learned of when similarity means sameness: the latest, of those who learned last.

import { Latest } from '../../../../kit/latest.ts';
import type { Observation } from '../../../../policy/llm-cache/types.ts';
import { observationsMax } from '../../../../policy/llm-cache/verified.ts';
import { unpackObservations, withObservation } from '../observation-bytes.ts';

/** Of each, at most 8 KB are kept. */
const ownersMax = 4_096;

export class Learned {
  readonly #packed = new Latest<string, Buffer>(ownersMax);

  owners(): Iterable<string> {
    return this.#packed.keys();
  }

  packed(owner: string): Buffer | null {
    return this.#packed.get(owner) ?? null;
  }

  of(owner: string): readonly Observation[] {
    return unpackObservations(this.#packed.get(owner) ?? Buffer.alloc(0));
  }

  add(owner: string, observation: Observation): void {
    this.restore(owner, withObservation(this.packed(owner), observation, observationsMax));
  }

  restore(owner: string, packed: Buffer): void {
    this.#packed.set(owner, packed);
  }

  clear(): void {
    this.#packed.clear();
  }
}
