// An entry as the embedded store holds it in memory: one object, so that a hundred thousand of them
// take little room, with the bytes of the answer as a string of characters below 256, which takes
// a tenth of the room that a Buffer takes beside its bytes.

import type { CachedAnswer, CacheEntry } from '../../../../policy/llm-cache/types.ts';
import { unpackObservations } from '../observation-bytes.ts';
import type { FiledEntry } from './filed-entry.ts';
import type { Names } from './names.ts';

export interface Held {
  /** Its name in the file, where it is one row of many. */
  readonly serial: number;
  readonly id: string;
  readonly owner: string;
  /** Null: it is found by its id alone. */
  scope: string | null;
  readonly text: string;
  readonly body: string;
  readonly contentType: string;
  readonly createdMs: number;
  readonly untilMs: number;
  readonly requestId: string;
  readonly costNanoUsd: number;
  readonly provider: string;
  readonly deployment: string;
  /** Packed; null for none. */
  learned: Buffer | null;
  /** Of its vector; null where none was made. */
  row: number | null;
  /** False once it was taken out: what was begun for it is not finished. */
  live: boolean;
}

/** Words that many have are kept once, by `names`. */
export function holdEntry({ answer, ...entry }: Omit<FiledEntry, 'vector'>, names: Names): Held {
  return {
    serial: entry.serial,
    id: entry.id,
    owner: names.once(entry.owner),
    scope: entry.question?.scope ?? null,
    text: alone(entry.question?.text ?? ''),
    body: answer.body.toString('latin1'),
    contentType: names.once(answer.contentType),
    createdMs: answer.createdMs,
    untilMs: answer.untilMs,
    requestId: alone(answer.requestId),
    costNanoUsd: answer.costNanoUsd,
    provider: names.once(answer.provider),
    deployment: names.once(answer.deployment),
    learned: entry.learned,
    row: null,
    live: true,
  };
}

/** One put together holds on to its pieces, one cut out of another to the whole of that. */
function alone(text: string): string {
  return Buffer.from(text).toString();
}

export function bytesOf({ body, text }: Held): number {
  return body.length + text.length;
}

export function questionOf({ scope, text }: Held): CacheEntry['question'] {
  return scope === null ? null : { scope, text };
}

export function entryOf(held: Held): CacheEntry {
  const { id, owner, learned } = held;
  const observations = learned === null ? [] : unpackObservations(learned);
  return { id, owner, question: questionOf(held), observations };
}

export function answerOf(held: Held): CachedAnswer {
  const { body, contentType, createdMs, untilMs, requestId, costNanoUsd } = held;
  const { provider, deployment } = held;
  const bytes = Buffer.from(body, 'latin1');
  const made = { contentType, body: bytes, createdMs, untilMs, requestId, costNanoUsd };
  return { ...made, provider, deployment };
}
