// Answers one question to the ledger on a thread of its own, so that a sum over a million rows
// delays nobody's call.

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../../kit/assert.ts';
import { SpendBook, type SpendFilter, type SpendGroup } from './spend-query.ts';

export interface SpendQuestion {
  readonly stateDir: string;
  readonly filter: SpendFilter;
  /** Sums by this; `details`: by day, key and model; null: the calls themselves. */
  readonly by: SpendGroup | 'details' | null;
  readonly rowsMax: number;
}

assert(parentPort !== null, 'it runs as a worker');
const { stateDir, filter, by, rowsMax } = workerData as SpendQuestion;
using book = new SpendBook(stateDir);
parentPort.postMessage(answer());

function answer(): unknown {
  if (by === null) return book.calls(filter, rowsMax);
  return by === 'details' ? book.details(filter, rowsMax) : book.by(by, filter, rowsMax);
}
