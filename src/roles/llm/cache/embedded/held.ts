// An entry as the embedded store holds it in memory.

import type { CachedAnswer, CacheEntry } from '../../../../policy/llm-cache/types.ts';
import { unpackObservations } from '../observation-bytes.ts';
import type { StoredAnswer } from '../store.ts';

export interface Held {
  readonly id: string;
  readonly owner: string;
  readonly question: CacheEntry['question'];
  readonly answer: CachedAnswer;
  /** Packed; null for none. */
  learned: Buffer | null;
  /** Of its vector; null where none was made. */
  row: number | null;
  /** False once it was taken out: what was begun for it is not finished. */
  live: boolean;
}

export function bytesOf({ answer, question }: Held): number {
  return answer.body.length + (question?.text.length ?? 0);
}

export function entryOf({ id, owner, question, learned }: Held): CacheEntry {
  const observations = learned === null ? [] : unpackObservations(learned);
  return { id, owner, question, observations };
}

export function storedOf(held: Held): StoredAnswer {
  return { entry: entryOf(held), answer: held.answer };
}
