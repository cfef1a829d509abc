// Asks the ledger on another thread, within a time.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SpendCall, SpendDetail, SpendGroup, SpendSum } from './spend-query.ts';
import type { SpendQuestion } from './spend-worker.ts';

const answerMs = 30_000;
const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const file = new URL(`./spend-worker.${ending}`, import.meta.url);

export type SpendGroupRow = SpendSum & { readonly name: string };

/** @throws Error where the ledger cannot be read, or not in time */
export async function askCalls(question: Omit<SpendQuestion, 'by'>): Promise<readonly SpendCall[]> {
  return (await ask({ ...question, by: null })) as readonly SpendCall[];
}

/** @throws Error where the ledger cannot be read, or not in time */
export async function askGroups(
  question: SpendQuestion & { readonly by: SpendGroup },
): Promise<readonly SpendGroupRow[]> {
  return (await ask(question)) as readonly SpendGroupRow[];
}

/** @throws Error where the ledger cannot be read, or not in time */
export async function askDetails(
  question: Omit<SpendQuestion, 'by'>,
): Promise<readonly SpendDetail[]> {
  return (await ask({ ...question, by: 'details' })) as readonly SpendDetail[];
}

async function ask(question: SpendQuestion): Promise<unknown> {
  const worker = new Worker(file, { workerData: question });
  try {
    const [answer] = await once(worker, 'message', { signal: AbortSignal.timeout(answerMs) });
    return answer;
  } finally {
    await worker.terminate();
  }
}
