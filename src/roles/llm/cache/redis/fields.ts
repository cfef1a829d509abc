// An entry as the fields of a hash in Redis.

import type { CachedAnswer, CacheEntry } from '../../../../policy/llm-cache/types.ts';
import { unpackObservations } from '../observation-bytes.ts';
import type { StoredAnswer } from '../store.ts';

type Value = Buffer | null | undefined;

/** What is wanted of an entry that is near: not its answer. */
export const headFields = ['owner', 'scope', 'text', 'learned', 'untilMs'] as const;

export const allFields = [
  ...headFields,
  ...['contentType', 'body', 'createdMs', 'requestId', 'costNanoUsd', 'provider', 'deployment'],
];

/** Names and values in turn, all but what is learned. */
export function writeFields(
  { owner, question }: Pick<CacheEntry, 'owner' | 'question'>,
  answer: CachedAnswer,
): (string | Buffer | number)[] {
  const { contentType, body, createdMs, untilMs, requestId, costNanoUsd } = answer;
  const { provider, deployment } = answer;
  const fields = { contentType, body, createdMs, untilMs, requestId, costNanoUsd };
  const names = { owner, scope: question?.scope ?? '', text: question?.text ?? '' };
  return Object.entries({ ...names, ...fields, provider, deployment }).flat();
}

/** Values of `headFields`. Null where there is no entry. */
export function readHead(
  id: string,
  [owner, scope, text, learned, untilMs]: readonly Value[],
): { readonly entry: CacheEntry; readonly untilMs: number } | null {
  if (owner == null || scope == null || text == null) return null;
  const question = scope.length === 0 ? null : { scope: String(scope), text: String(text) };
  const observations = learned == null ? [] : unpackObservations(learned);
  return {
    entry: { id, owner: String(owner), question, observations },
    untilMs: Number(untilMs),
  };
}

/** Values of `allFields`. */
export function readStored(id: string, values: readonly Value[]): StoredAnswer | null {
  const head = readHead(id, values);
  const [contentType, body, createdMs, requestId, costNanoUsd, provider, deployment] = values.slice(
    headFields.length,
  );
  if (head === null || body == null) return null;
  return {
    entry: head.entry,
    answer: {
      ...{ contentType: String(contentType), body, createdMs: Number(createdMs) },
      ...{ untilMs: head.untilMs, requestId: String(requestId), costNanoUsd: Number(costNanoUsd) },
      ...{ provider: String(provider), deployment: String(deployment) },
    },
  };
}
