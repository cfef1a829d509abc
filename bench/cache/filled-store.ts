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

/** As a request that is not found: it is looked for, and what the model said is put. */
export async function fill(
  store: EmbeddedStore,
  texts: readonly string[],
  placeOf: (text: string) => { readonly scope: string; readonly owner: string },
): Promise<void> {
  for (const [at, text] of texts.entries()) {
    // Nothing here waits, so nobody else would have a turn.
    if (at % 500 === 0) await setImmediate();
    const { scope, owner } = placeOf(text);
    const question = { scope, text };
    await store.nearest(question, 8, nobody);
    const answer = {
      ...{ contentType: 'application/json', body: Buffer.alloc(answerBytes, text) },
      ...{ createdMs: Date.now(), untilMs: Date.now() + 6 * 3_600_000, requestId: idOf(text, '') },
      ...{ costNanoUsd: 1_200_000, provider: 'bench', deployment: 'bench-1' },
    };
    await store.put({ id: idOf(scope, text), owner, question }, answer);
  }
}

export function idOf(scope: string, text: string): string {
  return hash('sha256', `${scope}\n${JSON.stringify(text)}`, 'base64url');
}
