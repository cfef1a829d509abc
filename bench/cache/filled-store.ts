// An embedded store with many answers in it, in one scope or each in its own.

import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { EmbeddedStore } from '../../src/roles/llm/cache/embedded/embedded-store.ts';
import type { EmbedCall, Embedding } from '../../src/roles/llm/cache/embedding/embedding.ts';
import { createLog } from '../../src/telemetry/log.ts';

export interface Measured {
  readonly folder: string;
  readonly entries: number;
  readonly requests: number;
  readonly words: 'any' | 'common';
  /** A Python that has the sentence model. */
  readonly sentences: string | null;
}

export const answerBytes = 600;

export const nobody: EmbedCall = {
  ...{ requestId: 'bench', caller: 'bench', key: 'bench', session: null, heartbeat: false },
  signal: new AbortController().signal,
};

export function openBenchStore(embedding: Embedding, file: string | null): EmbeddedStore {
  const limits = { entriesMax: 200_000, bytesMax: 1e9, answerBytesMax: 1e6 };
  const log = createLog({}, (line) => process.stderr.write(`${line}\n`), Date.now);
  return new EmbeddedStore({ limits, file }, embedding, Date.now, log);
}

/** Each as a request that is not found: it is looked for, and what the model said is put. */
export async function fill(
  store: EmbeddedStore,
  texts: readonly string[],
  placeOf: (text: string) => Omit<Placed, 'text'>,
): Promise<void> {
  for (const [at, text] of texts.entries()) {
    // Nothing here waits, so nobody else would have a turn.
    if (at % 500 === 0) await setImmediate();
    await put(store, { ...placeOf(text), text }, true);
  }
}

export interface Placed {
  readonly id: string;
  readonly scope: string;
  readonly owner: string;
  readonly text: string;
}

/** `looked`: for something near, before it is put. */
export async function put(store: EmbeddedStore, placed: Placed, looked: boolean): Promise<void> {
  const { id, scope, text, owner } = placed;
  const question = { scope, text };
  if (looked) await store.nearest(question, 8, nobody);
  const answer = {
    ...{ contentType: 'application/json', body: Buffer.alloc(answerBytes, text) },
    ...{ createdMs: Date.now(), untilMs: Date.now() + 6 * 3_600_000, requestId: idOf(text, '') },
    ...{ costNanoUsd: 1_200_000, provider: 'bench', deployment: 'bench-1' },
  };
  await store.put({ id, owner, question }, answer);
}

export function idOf(scope: string, text: string): string {
  return hash('sha256', `${scope}\n${JSON.stringify(text)}`, 'base64url');
}
